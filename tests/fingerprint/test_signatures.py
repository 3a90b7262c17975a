"""Comparison texts and signatures are what characters.tokens() and datasketch say they are."""

import itertools
import math
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.errors import Usage
from etl.fingerprint import signatures as fingerprint
from etl.fingerprint.recipe import Recipe
from etl.text import tokens

RECIPE = Recipe()
SURPRISES = [
    "ﬁne ½ Å ǆ İ ß ſ",
    "a\u0301\u0327 \u0301b x\u0304",
    "한국어 \u1112\u1161\u11ab",
    "東京タワーの2番線",
    "ภาษาไทยที่นี่",
    "नमस्ते दुनिया",
    "می\u200cخواهم",
    "soft\u00adhyphen",
    "❤️ 1️⃣",
    "🎉🎉 💥",
    "…—",
    "",
    " \n ",
    "don’t",
    "_under_score",
    "AT&amp;T’s ﬁne re-\nport",
    "&amp; …",
]


def every_character():
    return (chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000)


def test_the_compiled_tokens_of_every_character_between_letters_are_those_of_the_definition():
    texts = [f"a{c}b{c}" for c in every_character()]
    expected = (" ".join(tokens.tokens(text)) for text in texts)
    wrong = [t for t, found, e in zip(texts, fingerprint.comparison_texts(texts), expected, strict=True) if found != e]
    assert wrong == []


@pytest.mark.parametrize("text", SURPRISES)
def test_the_compiled_tokens_are_those_of_the_definition(text):
    assert fingerprint.comparison_texts([text]) == [" ".join(tokens.tokens(text))]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=40))
@settings(max_examples=200)
def test_any_texts_in_any_batch_have_the_tokens_of_the_definition(texts):
    assert fingerprint.comparison_texts(texts) == [" ".join(tokens.tokens(t)) for t in texts]


def test_what_a_text_of_only_symbols_is_compared_by_are_its_symbols():
    assert fingerprint.comparison_texts(["🎉🎉 💥", "🎉 💥"]) == ["🎉 🎉 💥", "🎉 💥"]


def test_a_digit_of_any_script_is_compared_as_that_of_another():
    digits = [chr(c) for c in range(sys.maxunicode + 1) if chr(c).isdecimal()]
    assert [tokens.fold(d) for d in digits] == [str(unicodedata.decimal(d)) for d in digits]


def test_numbers_are_kept_so_that_market_reports_differ():
    assert fingerprint.comparison_texts(["Up 3.5% to 1,204"]) == ["up 3 5 to 1 204"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.sampled_from([1, 2, 5]))
@settings(max_examples=150)
def test_signatures_are_bit_equal_to_datasketch(text, k):
    from datasketch import MinHash

    recipe = Recipe(shingle=k)
    comparison, signatures, _ = fingerprint.fingerprint([text], recipe)
    peer = MinHash(num_perm=recipe.permutations, seed=recipe.seed, scheme="affine32", hashfunc=fingerprint.shingle_hash)
    peer.update_batch([s.encode() for s in fingerprint.shingles(comparison[0], k)])
    assert signatures[0].tolist() == peer.hashvalues.tolist()


def test_a_shingle_longer_than_the_table_of_powers_still_has_its_hash():
    words = ["a" * 700, "b" * 900, "c" * 3000]
    (found,) = fingerprint.shingle_sets([" ".join(words)], Recipe(shingle=2))
    low = {int(x) & 0xFFFF_FFFF for x in found}
    assert low == {fingerprint.shingle_hash(f"{a} {b}".encode()) for a, b in itertools.pairwise(words)}


def test_a_stored_signature_loads_into_datasketch_and_estimates_the_same():
    left, right = "the tide turned at noon in the old harbour", "the tide turned at noon in the new harbour"
    _, signatures, _ = fingerprint.fingerprint([left, right], RECIPE)
    peers = [fingerprint.to_datasketch(s, RECIPE) for s in signatures]
    assert peers[0].jaccard(peers[1]) == float(np.mean(signatures[0] == signatures[1]))
    peers[0].update(b"one more shingle")  # and it goes on as datasketch's own would


def test_known_answers_pin_the_recipe():
    """Stored signatures outlive this code: whoever changes these values must change the recipe's name too."""
    comparison, signatures, _ = fingerprint.fingerprint(
        ["Ships return to Halverstad as the lock reopens, 2 days late."], RECIPE
    )
    assert comparison == ["ships return to halverstad as the lock reopens 2 days late"]
    assert signatures[0, :4].tolist() == [397446738, 1094224212, 77878317, 16784998]
    assert fingerprint.band_keys(signatures, RECIPE)[0, :2].tolist() == [-6345235832322634558, -5421149054916946319]
    assert fingerprint.shingle_hash(b"ships return to halverstad as") == 4060870929
    assert RECIPE.name == "k5-p128-s1-b32x4-t0.7-n2"


@given(st.lists(st.text("ab c", min_size=1, max_size=60), min_size=2, max_size=2))
@settings(max_examples=200)
def test_jaccard_is_that_of_the_sets_of_shingles(texts):
    recipe = Recipe(shingle=2)
    comparison = fingerprint.comparison_texts(texts)
    left, right = (fingerprint.shingles(c, 2) for c in comparison)
    expected = len(left & right) / len(left | right) if left and right else 0.0
    assert fingerprint.jaccard(*fingerprint.shingle_sets(comparison, recipe)) == expected


@pytest.mark.parametrize("jaccard", [0.2, 0.5, 0.8])
def test_signatures_agree_as_often_as_their_sets_overlap(jaccard):
    size, n = 3_000, 4 * 128
    shared = round(2 * size * jaccard / (1 + jaccard))
    words = [f"w{i}" for i in range(2 * size - shared)]
    recipe = Recipe(shingle=1, permutations=n)
    left, right = " ".join(words[:size]), " ".join(words[size - shared :])
    _, signatures, _ = fingerprint.fingerprint([left, right], recipe)
    four_sigma = 4 * math.sqrt(jaccard * (1 - jaccard) / n)
    assert np.mean(signatures[0] == signatures[1]) == pytest.approx(jaccard, abs=four_sigma)


def test_texts_with_equal_rows_in_one_band_share_just_that_key():
    signatures = np.arange(256, dtype=np.uint32).reshape(2, 128)
    signatures[1, 8:12] = signatures[0, 8:12]
    keys = fingerprint.band_keys(signatures, RECIPE)
    assert (keys[0] == keys[1]).nonzero()[0].tolist() == [2]
    assert len(set(keys.ravel().tolist())) == 63


def test_a_recipe_is_found_again_by_its_name():
    recipe = Recipe(shingle=3, permutations=256, seed=9, bands=50, rows=5, threshold=0.55)
    assert Recipe.parse(recipe.name) == recipe


@pytest.mark.parametrize(
    "name", ["", "k5-p128", "k5-p128-s1-b64x4-t0.7-n2", "k5-p128-s1-b32x4-t1.5-n2", "k5-p128-s1-b32x4-t0.7-n99"]
)
def test_a_recipe_that_cannot_be_is_refused_with_the_reason(name):
    with pytest.raises(Usage):
        Recipe.parse(name)


def test_the_banding_misses_a_pair_at_the_threshold_with_the_probability_that_the_docstring_names():
    assert 1 - RECIPE.candidate_probability(0.7) == pytest.approx(0.00015, abs=5e-6)


def test_a_pair_is_spared_its_comparison_only_where_the_signatures_all_but_exclude_it():
    least = RECIPE.least_agreement(1e-6)
    chance = sum(math.comb(128, c) * 0.7**c * 0.3 ** (128 - c) for c in range(least))
    assert chance < 1e-6 <= chance + math.comb(128, least) * 0.7**least * 0.3 ** (128 - least)
