"""Bytes become text in the order of the evidence: mark, valid UTF-8, declaration, detector, Windows-1252."""

import pytest

from etl.text.decode import decode, python_charset

FRENCH = "".join(
    f"<p>Le ministère a annoncé mardi que la réforme « très attendue » entrerait en vigueur à l’été, après des mois de"
    f" débats — c’est la {i}e étape.</p>"
    for i in range(12)
)
JAPANESE = "".join(
    f"<p>日本の首相は火曜日、国会で新しい法案について説明し、経済への影響を検討すると述べた。第{i}段落。</p>"
    for i in range(12)
)
CHINESE = "".join(
    f"<p>中国外交部发言人星期二在例行记者会上表示，双方将继续保持沟通，推动合作。这是第{i}段正文内容。</p>"
    for i in range(12)
)
RUSSIAN = "".join(
    f"<p>Министерство во вторник сообщило, что реформа вступит в силу летом. Это абзац номер {i}.</p>"
    for i in range(12)
)


def page(body, charset, declared=None, mark=b""):
    head = f'<meta charset="{declared}">' if declared else ""
    return mark + f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode(charset, "replace")


@pytest.mark.parametrize(
    ("body", "charset", "declared", "mark"),
    [
        (FRENCH, "utf-8", "utf-8", b""),
        (FRENCH, "cp1252", "utf-8", b""),
        (FRENCH, "cp1252", None, b""),
        (FRENCH, "cp1252", "iso-8859-1", b""),
        (FRENCH, "utf-8", "iso-8859-1", b""),
        (FRENCH, "utf-16-le", "utf-16", b"\xff\xfe"),
        (FRENCH, "utf-16-be", None, b"\xfe\xff"),
        (FRENCH, "utf-16-le", "utf-8", b"\xff\xfe"),
        (FRENCH, "utf-16-le", None, b""),
        (FRENCH, "utf-16-be", None, b""),
        (FRENCH, "utf-8", "iso-8859-1", b"\xef\xbb\xbf"),
        (CHINESE, "gb18030", "gb2312", b""),
        (CHINESE, "gb18030", None, b""),
        (CHINESE, "gb18030", "utf-8", b""),
        (JAPANESE, "shift_jis", "shift_jis", b""),
        (JAPANESE, "shift_jis", None, b""),
        (JAPANESE, "shift_jis", "utf-8", b""),
        (JAPANESE, "euc_jp", None, b""),
        (RUSSIAN, "cp1251", None, b""),
        (RUSSIAN, "cp1251", "utf-8", b""),
        (RUSSIAN, "koi8-r", None, b""),
        (FRENCH, "utf-8", "x-foo-bar", b""),
    ],
)
def test_every_charset_comes_out_as_it_was_written(body, charset, declared, mark):
    assert body in decode(page(body, charset, declared, mark))


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Statsministern meddelade på tisdagen att lagen träder i kraft i sommar efter överläggningar.", "cp1252"),
        ("Martedì il ministro ha detto che la riforma entrerà in vigore perché è già stata approvata, così.", "cp1252"),
        ("Premier zapowiedział, że ustawa wejdzie w życie latem, a rząd będzie śledził skutki. Źródła.", "cp1250"),
        ("Başbakan salı günü yasanın aylar süren tartışmaların ardından yürürlüğe gireceğini açıkladı.", "cp1254"),
        ("Ο υπουργός ανακοίνωσε την Τρίτη ότι η μεταρρύθμιση θα τεθεί σε ισχύ το καλοκαίρι.", "cp1253"),
        ("장관은 화요일 몇 달간의 논의 끝에 개혁이 여름에 시행될 것이라고 발표했다.", "cp949"),
        ("部長星期二宣布，經過數月的辯論，改革將於夏季生效，並對經濟產生影響。", "big5"),
    ],
)
def test_a_charset_nobody_declared_is_detected(text, charset):
    assert decode(text.encode(charset)) == text


def test_a_few_bad_bytes_do_not_change_the_charset_of_the_rest():
    spliced = page(FRENCH, "utf-8", "iso-8859-1").replace("é".encode(), b"\xe9", 3)
    assert decode(spliced) == page(FRENCH, "utf-8", "iso-8859-1").decode()  # they are read as Windows-1252 has them
    assert decode("Да, это так и будет.".encode()[:-2] + b" then") == "Да, это так и буде� then"


def test_what_came_with_the_bytes_goes_before_what_they_declare():
    assert decode(page(RUSSIAN, "cp1251", "koi8-r"), "windows-1251") == page(RUSSIAN, "utf-8", "koi8-r").decode()


def test_valid_utf8_goes_before_any_declaration():
    assert decode("naïve".encode(), "windows-1251") == "naïve"


@pytest.mark.parametrize(
    ("label", "charset"),
    [
        ("latin1", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("gb2312", "gb18030"),
        (" Shift_JIS ", "cp932"),
        ("no such", None),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label, charset):
    assert python_charset(label) == charset


def test_any_bytes_give_text():
    assert decode(bytes(range(256)) * 4)
    assert decode(b"") == ""


def test_controls_that_stand_for_characters_of_windows_1252_are_these():
    assert decode("It\x92s \x93so\x94\x85 he said".encode()) == "It’s “so”… he said"
    assert decode(b"<meta charset=iso-8859-15>It\x92s \xa45") == "<meta charset=iso-8859-15>It’s €5"
    assert decode("one\x85two\x81".encode()) == "one…two\x81"
    assert decode("one\x85two".encode()) == "one\x85two"
