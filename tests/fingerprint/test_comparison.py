"""What articles are compared by: one spelling for what readers take for the same, and headlines beside short bodies."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.fingerprint.comparison import SHORT, compare
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import comparison_texts, jaccard, shingle_sets
from etl.text import tokens
from etl.text.stubs import FEW, FURNITURE, RESULTS, is_stub

RECIPE = Recipe()
LETTERS = [
    chr(c)
    for c in range(0x110000)
    if unicodedata.category(chr(c))[0] in "LMN" and not (0x3400 <= c <= 0x9FFF or 0xAC00 <= c <= 0x323AF)
] + [chr(c) for c in (*range(0x4E00, 0x4F00), *range(0x9F00, 0x9FA0), *range(0xAC00, 0xAC60), *range(0xF900, 0xFFDD))]
BLOCKS = {ord(c) >> 7: [d for d in LETTERS if ord(d) >> 7 == ord(c) >> 7] for c in LETTERS[::29]}
JOINING = [c for c in LETTERS if unicodedata.combining(c)]


@st.composite
def scripts(draw):
    """A string of two scripts' letters with marks of any script, and what stands between words."""
    pool = [" ", "a", "i", "-\n", "&amp;", "\u200c", "'", "\u00ad", "1"]
    for _ in range(2):
        pool += BLOCKS[draw(st.sampled_from(sorted(BLOCKS)))]
    letters = st.one_of(st.sampled_from(pool), st.sampled_from(JOINING))
    return "".join(draw(st.lists(letters, max_size=12)))


@given(st.lists(scripts(), min_size=1, max_size=30))
@settings(max_examples=300)
def test_the_compiled_loop_is_the_definition_on_strings_of_every_script(texts):
    assert comparison_texts(texts) == [" ".join(tokens.tokens(text)) for text in texts]


@given(scripts())
@settings(max_examples=300)
def test_no_character_of_a_folded_text_folds_to_another(text):
    once = tokens.fold(text)
    assert [tokens.SAME.get(ord(c), c) for c in once] == list(once)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ｶﾞｲﾄﾞ ﾊﾟﾝ", "ガイド パン"),  # half-width kana, voiced marks apart
        ("ﾡￂ한국", unicodedata.normalize("NFKC", "ﾡￂ한국")),  # half-width jamo
        ("علی کتاب", "علي كتاب"),  # Persian and Arabic yeh and kaf
        ("مستشفى", "مستشفي"),
        ("كـــتـاب جـديد", "كتاب جديد"),  # tatweel
        ("كِتَابٌ جَدِيدٌ", "كتاب جديد"),  # harakat
        ("שָׁלוֹם עוֹלָם", "שלום עולם"),  # niqqud
        ("preşedinţi şi", "președinți și"),  # cedilla and comma
        ("п'ять об'єктів", "пʼять об’єктів"),
        ("Hawaiʻi", "Hawai'i"),
        ("२०२६ में ১২ ۳۴ ٥٦", "2026 में 12 34 56"),
        ("İSTANBUL IŞIK", "istanbul ışık"),
        ("le cœur et l'ex æquo", "le coeur et l'ex aequo"),
        ("ĳsland ﬁn Straße", "ijsland fin STRASSE"),
        ("한국어", unicodedata.normalize("NFD", "한국어")),
        ("ภาษา\u200bไทย", "ภาษาไทย"),
        ("the anno-\nunced plan", "the announced plan"),
        ("the anno-\n\nunced plan", "the announced plan"),
        ("AT&amp;T&#8217;s &amp;quot;plan&amp;quot;", "AT&T’s \"plan\""),
        ("國務院總理記者會", "国务院总理记者会"),
    ],
)  # fmt: skip
def test_spellings_that_readers_take_for_the_same_are_one(one, other):
    assert comparison_texts([one]) == comparison_texts([other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anglo-\nSaxon", "AngloSaxon"),  # a capital begins a word of its own
        ("1-\n2", "12"),
        ("résumé", "resume"),
        ("أمل", "امل"),  # hamza is another letter
        ("&nosuchname; x", "x"),
        ("up 3 points", "up 4 points"),
        ("schon", "schön"),
    ],
)
def test_spellings_that_are_other_words_stay_others(one, other):
    assert comparison_texts([one]) != comparison_texts([other])


def similarity(one, other):
    """Jaccard of two articles, (title, body) each."""
    return jaccard(*shingle_sets(compare([one, other], RECIPE).prints.comparison, RECIPE))


LINE = "Harbour office publishes the daily table of ships that came and went on the northern coast"
NOTICE = "This story is for our readers with a subscription. Subscribe to continue reading, or log in."
WORDS = st.lists(
    st.sampled_from(["quay", "ship", "dock", "pilot", "crane", "tide", "lamp", "rope", "mast"]), min_size=1, max_size=24
)


@given(WORDS, WORDS, st.lists(st.sampled_from(["board", "votes", "shuts", "opens", "old", "new", "pier"]), max_size=24))
@settings(max_examples=300)
def test_short_bodies_that_have_nothing_in_common_are_no_duplicates_whatever_their_headline(one, other, title):
    unlike = [f"not{word}" for word in other]
    both = (" ".join(title), " ".join(one)), (" ".join(title), " ".join(unlike))
    assert similarity(*both) < RECIPE.threshold


def test_a_short_body_is_compared_with_its_headline():
    assert compare([("Quay opens", "See the pictures.")], RECIPE).prints.comparison == ["quay opens see the pictures"]
    assert similarity(("Quay opens today at noon", "See the pictures."), ("Mayor goes", "See the pictures.")) < 0.3
    long = " ".join(f"w{n}" for n in range(SHORT))
    assert compare([("Any headline", long)], RECIPE).prints.comparison == [long]


def test_a_tiny_body_below_a_long_headline_must_be_the_same():
    assert similarity((LINE, "In: Estrella."), (LINE, "Out: Borealis.")) == 0
    assert similarity((LINE, "In: Estrella."), (LINE, "In: Estrella")) == 1
    assert similarity((LINE, "In: Estrella."), (f"{LINE} today", "In: Estrella.")) > 0.7


def test_bodies_of_symbols_are_told_apart_by_them():
    assert similarity(("Photo of the day", "🎉🎉🎉"), ("Photo of the day", "😢😢😢")) == 0
    assert similarity(("Photo of the day", "🎉🎉🎉"), ("Photo of the day", "🎉 🎉🎉")) == 1
    assert similarity(("We won the cup", "🎉🎉🎉"), ("A bakery opens", "🎉🎉🎉")) == 0
    assert similarity(("img7", "🎉🎉🎉 🥳"), ("img9", "🎉🎉🎉🥳")) == 1, "the name of a file is no headline"


def test_an_article_without_a_body_is_compared_by_its_headline_and_one_without_a_headline_by_its_body():
    found = compare([("Quay opens", ""), ("", "Quay opens"), ("…", "Quay opens"), ("", "")], RECIPE).prints.comparison
    assert found == ["quay opens", "quay opens", "quay opens", ""]


def test_stubs_are_duplicates_only_where_headline_and_body_are_the_same():
    mayor, ferry = ("Mayor steps down", NOTICE), ("Ferry timetable changes", NOTICE)
    found = compare([mayor, ferry, ("Mayor steps down!", NOTICE.upper())], RECIPE)
    assert found.stubs == [True] * 3
    assert similarity(mayor, ferry) == 0
    assert found.prints.comparison[0] == found.prints.comparison[2]
    assert found.prints.sizes.tolist() == [1, 1, 1]
    assert similarity(mayor, ("Mayor steps down", f"{NOTICE} Thank you.")) == 0, "near to nothing"


PHRASES = [p.strip() for line in FURNITURE.split("\n") for p in line.split("|") if p.strip()]


def test_a_learnt_phrase_tells_a_short_body_and_not_a_long_one():
    short = comparison_texts([f"“{phrase.capitalize()}!”" for phrase in PHRASES])
    filler = "The board met on Monday and the pilots waited outside. " * (FEW // 9)
    long = comparison_texts([f"{phrase}. {filler}" for phrase in PHRASES])
    assert [body for body in short if not is_stub(body)] == []
    assert [body for body in long if is_stub(body)] == []


def test_several_phrases_tell_a_long_notice_and_a_draw_is_told_by_its_results_and_the_next_one():
    filler = "the board met on monday and the pilots waited outside " * 9
    assert is_stub(
        f"{filler}we use cookies we value your privacy manage your cookie settings you can withdraw your consent"
    )
    for results, following in RESULTS:
        first, second = comparison_texts([results, following])
        assert is_stub(f"{filler}{first} 4 9 17 {filler}{second} is on friday")
        assert not is_stub(f"{filler}{first} 4 9 17 {filler}")


def test_a_story_is_no_stub():
    story = "The board said on Tuesday that cookies, videos and subscriptions will be free for readers of the paper."
    assert compare([("Free for all", story), ("Free", story * 9)], RECIPE).stubs == [False, False]
