"""Recipes of characters: their shingles are those of the definition, and so are the passages of two texts."""

import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl.fingerprint import scanned, signatures
from etl.fingerprint.recipe import SCANNED, Recipe

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
WORDY = st.lists(st.sampled_from(["a", "bcd", "1955", "東", "b" * 9, "c" * 1100]), max_size=40).map(" ".join)


def recipe_of(n):
    return Recipe(n, 256, 1, 128, 2, 0.5, characters=True)


@given(st.one_of(ANY_TEXT, WORDY), st.sampled_from([1, 4, 12]))
@example("1955 1955 x", 4)
@settings(max_examples=150)
def test_shingles_of_characters_are_those_of_the_definition_and_sign_as_datasketch_does(text, n):
    from datasketch import MinHash

    recipe = recipe_of(n)
    (comparison,), signature, sizes = signatures.fingerprint([text], recipe)
    spelled = signatures.spelled(comparison, recipe)
    (found,) = signatures.shingle_sets([comparison], recipe)
    assert sizes.tolist() == [len(spelled)] == [len(found)]
    low = {int(x) & 0xFFFF_FFFF for x in found}
    assert low == {signatures.shingle_hash(s.encode("utf-8", "surrogatepass")) for s in spelled}
    peer = MinHash(num_perm=256, seed=1, scheme="affine32", hashfunc=signatures.shingle_hash)
    peer.update_batch([s.encode() for s in spelled])
    assert signature[0].tolist() == peer.hashvalues.tolist()


def test_spaces_do_not_count_and_what_counts_as_a_whole_is_not_cut():
    assert signatures.spelled("the lock re opens at 7", recipe_of(6)) == {"theloc", "lockre", "reopen", "opensa"}
    assert signatures.spelled("lo ck", recipe_of(6)) == {"lock"}
    assert signatures.spelled("a_notice_of_a_paywall x y", recipe_of(6)) == {"a_notice_of_a_paywall"}
    assert signatures.spelled("", recipe_of(6)) == set()


def test_a_number_is_marked_in_a_shingle_s_hash_and_not_in_the_signature():
    sets = signatures.shingle_sets(["1955 was a year of floods", "was a year of floods 1955"], recipe_of(4))
    figures = [(each >= scanned.FIGURE).tolist() for each in sets]
    assert figures == [[True, False, False, False, False, False], [False, False, False, False, False, True]]


def test_known_answers_pin_the_recipe_for_scanned_texts():
    """Stored signatures outlive this code: whoever changes these values must change the recipe's name too."""
    comparison, signed, sizes = signatures.fingerprint(
        ["Ships return to Halverstad as the lock reopens, 2 days late."], SCANNED
    )
    assert (SCANNED.name, sizes.tolist()) == ("c12-p256-s1-b128x2-t0.5-n2", [8])
    assert signed[0, :4].tolist() == [120738753, 180795569, 618379497, 5957108]
    assert signatures.band_keys(signed, SCANNED)[0, :2].tolist() == [-3259336379046442952, 6744074298096128376]
    (found,) = signatures.shingle_sets(comparison, SCANNED)
    assert found[-2:].tolist() == [5782800345697591443, 2038845312679501288]
    left, right = (np.array(numbers, dtype=np.uint64) for numbers in (range(1, 60), [*range(5, 40), *range(90, 130)]))
    assert signatures.shares_in(left, right) == (35 / 59, 35 / 75)
    assert Recipe.parse(SCANNED.name) == SCANNED


def passages(left, right):
    """The definition of scanned.side_by_side, in plain Python."""
    at = {x: n for n, x in enumerate(right)}
    both = [(n, at[x]) for n, x in enumerate(left) if x in at]
    after, led = {}, set()
    for i, (here, there) in enumerate(both):
        for j in range(i + 1, min(i + 1 + scanned.AHEAD, len(both))):
            step, across = both[j][0] - here, both[j][1] - there
            if step > scanned.REACH:
                break
            if j not in led and 0 < across <= scanned.REACH and abs(step - across) <= scanned.DRIFT:
                after[i] = j
                led.add(j)
                break
    mine, theirs, agreed = set(), set(), []
    for i in set(range(len(both))) - led:
        chain = [i]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        (here, there), (here_end, there_end) = both[i], both[chain[-1]]
        spans = range(here, here_end + 1), range(there, there_end + 1)
        if min(map(len, spans)) >= min(scanned.PASSAGE, (len(left) + 1) // 2):
            mine |= set(spans[0])
            theirs |= set(spans[1])
            agreed += [left[both[j][0]] for j in chain]

    def numbers(found):
        return sum(x >= scanned.FIGURE for x in found)

    inside = [left[n] for n in mine] + [right[n] for n in theirs]
    held, held_numbers = len(inside), numbers(inside)
    words, figures = 2 * (len(agreed) - numbers(agreed)), 2 * numbers(agreed)
    if held_numbers >= scanned.FIGURES and figures * (held - held_numbers) < 0.4 * words * held_numbers:
        return 0, 0
    return len(mine), len(theirs)


@given(st.integers(0, 2**32), st.integers(1, 120), st.sampled_from([0.0, 0.1, 0.5, 0.9]), st.booleans())
@settings(max_examples=300)
def test_passages_are_those_of_the_definition_whichever_text_comes_first(seed, size, noise, swapped):
    draw = random.Random(seed)
    numbers = draw.choice([0.0, 0.3])

    def drawn():
        return draw.getrandbits(62) + 1 | (int(scanned.FIGURE) if draw.random() < numbers else 0)

    left = [drawn() for _ in range(size)]
    jumble = draw.choice([0, 4])  # neighbours change places: passages run into each other
    right = [drawn() if draw.random() < noise or draw.random() < numbers else x for x in left if draw.random() < 0.95]
    right = [x for _, x in sorted((n + draw.random() * jumble, x) for n, x in enumerate(right))]
    if swapped:
        right = right[size // 2 :] + right[: size // 2]
    right += [drawn() for _ in range(draw.choice([0, 1, size]))]
    if not right:
        return
    one, other = (np.array(each, dtype=np.uint64) for each in (left, right))
    shares = signatures.shares_in(one, other)
    assert shares == signatures.shares_in(other, one)[::-1]
    first = (len(one), one.tobytes()) <= (len(other), other.tobytes())
    mine, theirs = passages(left, right) if first else passages(right, left)[::-1]
    assert shares == (mine / len(left), theirs / len(right))
    assert all(0 <= share <= 1 for share in shares)
    assert signatures.similarity(one, one, SCANNED) == 1.0


WORDS = [f"{a}{b}{c}" for a in ("mar", "dol", "sten", "ver") for b in "aeiou" for c in ("n", "lt", "rk", "ss", "mper")]


def copy_of(words, draw, misread):
    """A copy with that share of its letters misread."""
    letters = [draw.choice("etaoinlcrs") if c != " " and draw.random() < misread else c for c in " ".join(words)]
    return "".join(letters)


def alike(one, other):
    one_set, other_set = signatures.shingle_sets(signatures.comparison_texts([one, other]), SCANNED)
    return signatures.similarity(one_set, other_set, SCANNED)


@pytest.mark.parametrize("misread", [0.0, 0.02, 0.05])
def test_a_cut_and_misread_copy_is_as_alike_as_a_clean_one_and_another_story_is_not(misread):
    draw = random.Random(1)
    story, other = (draw.choices(WORDS, k=300) for _ in range(2))
    cut = copy_of(story[:120], draw, misread)
    columns = f"{copy_of(story[150:], draw, misread)} {copy_of(story[:150], draw, misread)}"
    assert min(alike(copy_of(story, draw, misread), each) for each in (cut, columns)) > 0.8
    assert alike(" ".join(story), " ".join(other)) == 0.0


def test_a_report_in_the_same_words_with_other_numbers_is_another_one():
    draw = random.Random(2)
    words = draw.choices(WORDS, k=200)
    for n in range(0, 200, 8):
        words[n] = str(draw.randrange(10, 99))
    tomorrow = [str(draw.randrange(100, 999)) if word.isdigit() else word for word in words]
    assert alike(" ".join(words), copy_of(words, draw, 0.03)) > 0.8
    assert alike(" ".join(words), " ".join(tomorrow)) == 0.0


def test_a_few_lines_that_stand_in_a_longer_story_are_no_copy_of_it():
    draw = random.Random(3)
    words = draw.choices(WORDS, k=200)
    few = " ".join(words[50:70])
    assert alike(few, " ".join(words)) < 0.2
    assert alike(" ".join(words[50:100]), " ".join(words)) > 0.8
