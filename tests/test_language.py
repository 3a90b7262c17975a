"""Languages of short texts in many scripts, and figures that can be counted by hand."""

import pytest

from etl.extract import extract
from etl.language import Quality, detected_language, quality
from schemas.records import RawDocument

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


def test_quality_can_be_counted_by_hand():
    assert quality("The end of it.\n\nThe end of it.", "en") == Quality(
        words=8, mean_word_length=2.5, letter_share=20 / 22, repeated_line_share=0.5, stop_word_share=0.75
    )
    assert quality("", "en") == Quality(0, 0.0, 0.0, 0.0, None)
    assert quality("abc", "xx").stop_word_share is None
