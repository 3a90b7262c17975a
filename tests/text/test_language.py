"""Languages of short texts in many scripts, and figures that can be counted by hand."""

import py3langid  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.article import extract
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import comparison_texts
from etl.prepare.rows import prepare
from etl.text import word_lists
from etl.text.language import WORD, _words, detected_language
from etl.text.language_model import likeliest, scores
from etl.text.quality import Quality, quality
from etl.text.stored import stored_text
from etl.text.word_lists import STOP_WORDS, TABLES
from schemas.article import Article
from schemas.records import RawDocument
from schemas.staging import CONTENT
from tests.support.stores import ingest_files, rows

TEXTS = {
    "en": "Officials said on Tuesday that the measure, which had been debated for months, would take effect in spring.",
    "de": "Der Minister kündigte am Dienstag an, dass die Reform nach langer Debatte im Frühjahr in Kraft treten soll.",
    "fr": "Le ministère a annoncé mardi que la réforme très attendue entrerait en vigueur à l’été, après des débats.",
    "es": "El ministro anunció el martes que la reforma entrará en vigor en el verano después de meses de debate.",
    "it": "Il ministro ha annunciato martedì che la riforma entrerà in vigore in estate dopo mesi di discussioni.",
    "pt": "O ministro anunciou na terça-feira que a reforma entrará em vigor no verão, após meses de discussões.",
    "nl": "De minister kondigde dinsdag aan dat de hervorming na maanden van debat in de zomer van kracht wordt.",
    "sv": "Statsministern meddelade på tisdagen att lagen träder i kraft i sommar efter månader av överläggningar.",
    "pl": "Premier zapowiedział we wtorek, że ustawa wejdzie w życie latem po miesiącach debat i negocjacji.",
    "cs": "Předseda vlády v úterý oznámil, že zákon vstoupí v platnost v létě po měsících debat a vyjednávání.",
    "tr": "Başbakan salı günü yasanın aylar süren tartışmaların ardından yaz aylarında yürürlüğe gireceğini açıkladı.",
    "ru": "Министерство во вторник сообщило, что реформа вступит в силу летом, после нескольких месяцев обсуждений.",
    "uk": "Міністр оголосив у вівторок, що реформа набуде чинності влітку після багатьох місяців обговорень.",
    "el": "Ο υπουργός ανακοίνωσε την Τρίτη ότι η μεταρρύθμιση θα τεθεί σε ισχύ το καλοκαίρι μετά από συζητήσεις.",
    "ar": "أعلن الوزير يوم الثلاثاء أن الإصلاح سيدخل حيز التنفيذ في الصيف بعد أشهر من النقاش في البرلمان.",
    "he": "השר הודיע ביום שלישי כי הרפורמה תיכנס לתוקף בקיץ לאחר חודשים ארוכים של דיונים בכנסת ישראל.",
    "zh": "中国外交部发言人星期二在北京举行的例行记者会上表示，双方将继续保持沟通，推动合作。",
    "ja": "日本の首相は火曜日、国会で新しい法案について説明し、経済への影響を慎重に検討すると述べた。",
    "ko": "장관은 화요일 몇 달간의 논의 끝에 개혁이 여름에 시행될 것이라고 기자회견에서 발표했다.",
    "hi": "मंत्री ने मंगलवार को घोषणा की कि महीनों की बहस के बाद सुधार गर्मियों में लागू होगा।",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_a_sentence_is_enough_to_tell_its_language(language, text):
    assert detected_language(text) == language


@pytest.mark.parametrize("text", ["", "42", "Reuters", "12:30 +++ 13:45 +++ 14:10 +++"])
def test_too_little_text_has_no_language(text):
    assert detected_language(text) is None


@pytest.mark.parametrize(
    ("lang", "body", "expected"), [("en", TEXTS["de"], "de"), ("de-AT", "Kurz.", "de"), ("", "Kurz.", "und")]
)
def test_the_text_goes_before_the_declaration(lang, body, expected):
    fields = {"title": "T", "body": body, "language": lang}
    assert extract(RawDocument("a.jsonl", 0, "fields", fields), "corpus", None).language == expected


@pytest.mark.parametrize(
    ("title", "declared", "language"),
    [
        ("Havenraad sluit oostelijke kade", "nl", "nl"),
        ("Tarn 2-1 Ansel: Quill strikes late", "en-GB", "en"),
        ("Der Hafenrat schließt den Kai bis zum Frühjahr", "en", "de"),
        ("Городской совет закрывает порт", "en", "ru"),
        ("Havnerådet stenger kaia i øst", "nb", "no"),
    ],
)
def test_a_headlines_declared_language_is_overruled_only_with_much_evidence(title, declared, language):
    fields = {"title": title, "body": "", "language": declared}
    assert extract(RawDocument("a.jsonl", 0, "fields", fields), "corpus", None).language == language


@pytest.mark.parametrize(("own", "quoted"), [("de", "en"), ("en", "fr"), ("fr", "de"), ("pl", "en")])
@pytest.mark.parametrize("marks", ["„“", "“”", "«»", '""'])
def test_a_foreign_quotation_at_the_beginning_does_not_decide(own, quoted, marks):
    quotation = f"{marks[0]}{TEXTS[quoted]}{marks[1]}"
    assert detected_language(f"{quotation} {TEXTS[own]}") == own


def test_a_long_text_is_looked_at_in_its_middle():
    assert detected_language(f"{TEXTS['en'][:90]} {20 * TEXTS['de']}") == "de"


def test_quality_can_be_counted_by_hand():
    assert figures("The end of it.\n\nThe end of it.", "en") == Quality(
        words=8, mean_word_length=2.75, letter_share=20 / 22, repeated_line_share=0.5, stop_word_share=0.75
    )
    assert figures("", "en") == Quality(0, 0.0, 0.0, 0.0, None)
    assert figures("abc", "xx").stop_word_share is None
    assert figures("कि 12 — ½", "hi").letter_share == 2 / 6
    assert figures("a\nb\na", "xx").repeated_line_share == pytest.approx(1 / 3)


@given(st.text(st.sampled_from("aä1’. \n\t\xa0\u3000\x0c\x85\u2028字"), max_size=60))
def test_words_are_what_stands_between_spaces(text):
    stored = stored_text(text)
    assert figures(stored, "en").words == len(stored.split())


def test_the_share_of_stop_words_is_that_of_a_texts_beginning():
    beginning = "the people of the town " * 100
    assert figures(beginning + "zzz " * 1000, "en").stop_word_share == pytest.approx(0.6, abs=0.01)


@given(st.lists(st.sampled_from(["the", "th", "they", "es", "é", "", "der", "т", "и"]), min_size=1, max_size=12))
def test_listed_tokens_are_counted_as_a_set_would(tokens):
    for language in ("en", "ru"):
        listed = sum(t in STOP_WORDS[language] for t in tokens)
        points = word_lists.code_points(" ".join(tokens))
        assert word_lists.count_listed(points, TABLES[language]) == (listed, len(tokens))


@given(st.text(st.sampled_from("abZ1_' -\n\u2019é"), max_size=40))
def test_words_of_plain_text_are_those_of_the_expression(text):
    assert _words(text) == WORD.findall(text)


def test_consumers_can_filter_by_the_figures(settings, tmp_path):
    lists = "\n\n".join(["Sold out in Port Ansel"] * 4)
    ingest_files(settings, tmp_path / "in", {"prose.txt": f"Prose\n\n{TEXTS['en']}", "list.txt": f"List\n\n{lists}"})
    found = rows(
        settings.store,
        "SELECT words, mean_word_length, letter_share, repeated_line_share, stop_word_share FROM corpus_article"
        " WHERE repeated_line_share < 0.5",
    )
    assert found == [figures(TEXTS["en"], "en")]
    assert rows(settings.store, "SELECT count(*) FROM corpus_article WHERE repeated_line_share = 0.75") == [(1,)]
    assert not set(Quality._fields) & set(CONTENT)  # derived from the body: no revision differs in them alone


def test_figures_are_those_of_the_body_even_where_the_headline_is_compared_too():
    short = Article(
        source="s", source_key="k", path="p", title="The of and to", body="Watch video above", language="en"
    )
    (row,) = prepare([short], Recipe()).to_pylist()
    assert row["shingles"] == 3, "of seven words, the headline's four among them"
    assert (row["words"], row["stop_word_share"]) == (3, 0.0)


def figures(text, language):
    (comparison,) = comparison_texts([text])
    return quality(text, comparison, language)


def test_a_market_report_short_of_grammar_is_english():
    report = (
        "Shr 71 cts vs 64 cts Net 2,310,000 vs 2,084,000 Sales 48.2 mln vs 44.9 mln Avg shrs 3.2 mln. Halverstad Zinc"
        " said higher copper prices lifted the second quarter, and that dividends rise to 12 cts a share from nine."
    )
    assert detected_language(report) == "en"


def test_the_compiled_classifier_says_what_py3langid_says():
    samples = [text[at : at + size] for text in TEXTS.values() for size in (15, 60, 100) for at in range(0, 200, 25)]
    samples += [sample.upper() for sample in samples[::7]] + ["", "12 345", "\ud800", "e\u0301le\u0300ve", "ab\x00cd"]
    for sample in samples:
        assert likeliest(sample) == py3langid.classify(sample)[0], sample
        theirs = dict(py3langid.rank(sample))
        assert scores(sample) == pytest.approx(theirs, rel=1e-5, abs=1e-3), "float32, added up in another order"
