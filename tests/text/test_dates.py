"""Dates: every form that feeds, records and pages write is read whole, or not at all."""
# ruff: noqa: DTZ001 (naive times are what texts without a zone say)

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.text.date_words import KINDS, MONTHS
from etl.text.dates import FoundDate, find_dates, parse_date

CLDR = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta"
    " marraskuuta joulukuuta",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "hu": "január február március április május június július augusztus szeptember október november december",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου"
    " Δεκεμβρίου",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
}
WRITTEN = {
    "en": "{month} {day}, {year} at {half:%I:%M %p}", "de": "{day}. {month} {year} um {hour}:{minute:02} Uhr",
    "fr": "le {day} {month} {year} à {hour}h{minute:02}", "es": "{day} de {month} de {year} a las {hour}:{minute:02}",
    "it": "{day} {month} {year} alle ore {hour}:{minute:02}", "pt": "{day} de {month} de {year} às {hour}h{minute:02}",
    "nl": "{day} {month} {year} om {hour}.{minute:02} uur", "sv": "den {day} {month} {year} kl. {hour}.{minute:02}",
    "nb": "{day}. {month} {year} kl. {hour}:{minute:02}", "da": "{day}. {month} {year} kl. {hour}.{minute:02}",
    "fi": "{day}. {month} {year} klo {hour}.{minute:02}", "pl": "{day} {month} {year}, godz. {hour}:{minute:02}",
    "cs": "{day}. {month} {year} v {hour}:{minute:02}", "tr": "{day} {month} {year}, {hour}:{minute:02}",
    "ru": "{day} {month} {year} г. в {hour}:{minute:02}", "uk": "{day} {month} {year} р., {hour}:{minute:02}",
    "ro": "{day} {month} {year}, {hour}:{minute:02}", "hu": "{year}. {month} {day}., {hour}:{minute:02}",
    "el": "{day} {month} {year}, {hour}:{minute:02}", "ar": "{day} {month} {year} {hour}:{minute:02}",
    "id": "{day} {month} {year}, pukul {hour}.{minute:02}",
}  # fmt: skip
EAST_ASIAN = [
    "{year}年{month}月{day}日 {hour}:{minute:02}", "{year}年{month}月{day}日{hour}時{minute:02}分",
    "{year}年{month}月{day}日{hour}时{minute}分", "{year}년 {month}월 {day}일 {hour}:{minute:02}",
    "{year}. {month}. {day}. {hour}:{minute:02}",
]  # fmt: skip
FORMS = [
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S",
    "%G-W%V-%uT%H:%M:%S", "%Y-%jT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y, %H.%M.%S", "%a, %d %b %Y %H:%M:%S",
    "%a, %d %b %y %H:%M:%S", "%A, %d-%b-%y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S",
    "%b %d, %Y %I:%M:%S %p", "%B %d, %Y, %I:%M:%S%p", "%d %B %Y %H:%M:%S", "%Y:%m:%d %H:%M:%S", "%Y-%b-%d %H:%M:%S",
    "%d-%b-%y %I.%M.%S %p", "%H:%M:%S, %d %b %Y", "%I:%M:%S %p on %A, %B %d, %Y", "%Y-%m-%d %I:%M:%S %p",
    "Posted on %B %d, %Y at %H:%M:%S",
]  # fmt: skip
NAMED = {"Z": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CEST": 2, "MESZ": 2, "MEST": 2, "BST": 1, "IST": 5.5,
         "JST": 9, "AEDT": 11, "NZST": 12, "PST": -8}  # fmt: skip
WITH_OFFSET = ["{at}{sign}{hours:02}:{minutes:02}", "{at} {sign}{hours:02}{minutes:02}",
               "{at} GMT{sign}{hours:02}{minutes:02}", "{at} UTC{sign}{hours}:{minutes:02}",
               "{at} {sign}{hours:02}{minutes:02} (Some Standard Time)"]  # fmt: skip

moments = st.datetimes(datetime(1975, 1, 1), datetime(2049, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
minutes = moments.map(lambda moment: moment.replace(second=0))


def written(form: str, moment: datetime, month: str | int) -> str:
    parts = {name: getattr(moment, name) for name in ("year", "day", "hour", "minute")}
    return form.format(half=moment, month=month, **parts)


@given(moments, st.sampled_from(FORMS))
def test_a_moment_is_read_back_from_every_form_it_is_written_in(moment, form):
    assert parse_date(moment.strftime(form)) == moment


@given(moments, st.sampled_from(FORMS), st.sampled_from(list(NAMED)))
def test_a_named_zone_moves_the_moment(moment, form, zone):
    if not form.endswith(" %Y") and "%j" not in form and "%V" not in form:  # of ISO alone, which has no such names
        east = timezone(timedelta(hours=NAMED[zone]))
        assert parse_date(f"{moment.strftime(form)} {zone}") == moment.replace(tzinfo=east)


@given(moments, st.sampled_from(WITH_OFFSET), st.integers(-12 * 4, 14 * 4))
def test_an_offset_moves_the_moment_however_it_is_written(moment, form, quarters):
    hours, rest = divmod(abs(quarters), 4)
    text = form.format(
        at=f"{moment:%Y-%m-%d %H:%M:%S}", sign="-" if quarters < 0 else "+", hours=hours, minutes=rest * 15
    )
    assert parse_date(text) == moment.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))


@given(minutes, st.sampled_from(list(WRITTEN)))
def test_a_moment_is_read_back_from_every_language(moment, language):
    month = CLDR[language].split()[moment.month - 1]
    text = written(WRITTEN[language], moment, month)
    assert parse_date(text) == moment
    found = list(find_dates(f"Anna Quill, {text} | 12 lines"))
    assert [(date.moment, date.precision) for date in found] == [(moment, "instant")]


@given(minutes, st.sampled_from(EAST_ASIAN))
def test_a_moment_is_read_back_from_chinese_japanese_and_korean(moment, form):
    assert parse_date(written(form, moment, moment.month)) == moment


@given(st.datetimes(datetime(1974, 1, 1), datetime(2099, 1, 1)), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_a_count_since_1970_is_read_in_each_unit(moment, unit):
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    assert parse_date(str(seconds * unit)) == datetime.fromtimestamp(seconds, UTC)
    assert parse_date(f"/Date({seconds * 1000}+0200)/") == datetime.fromtimestamp(seconds, UTC)


@given(st.text(max_size=150))
def test_no_text_is_an_error(text):
    parse_date(text)
    list(find_dates(text))


@given(moments, st.sampled_from(FORMS), st.sampled_from(["xyz", "XYZT", "%", "of the quay", "7", "at teatime"]))
def test_a_date_whose_rest_is_not_understood_is_not_half_taken(moment, form, rest):
    assert parse_date(f"{moment.strftime(form)} {rest}") is None


def test_no_word_names_two_months_and_each_is_known():
    words = [word for names in MONTHS for word in names.split()]
    assert len(words) == len(set(words))
    assert all(KINDS[word.casefold()][0] in "Mm" for word in words if word.isascii())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-09-04T24:00:00Z", datetime(2019, 9, 5, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2019-09-04T15:40,5Z", datetime(2019, 9, 4, 15, 40, 30, tzinfo=UTC)),
        ("2019-09-04T15:40:00,123Z", datetime(2019, 9, 4, 15, 40, tzinfo=UTC)),
        ("2019247", datetime(2019, 9, 4)),
        ("2019W363", datetime(2019, 9, 4)),
        ("2019-09-04+02:00", datetime(2019, 9, 4)),
        ("2019-09-04T15:40:00[Europe/Berlin]", datetime(2019, 9, 4, 13, 40, tzinfo=UTC)),
        ("2019-09-04T15:40:00+02:00[Europe/Berlin]", datetime(2019, 9, 4, 13, 40, tzinfo=UTC)),
        ("Wed Sep 04 2019 15:40:00 GMT+0200 (Mitteleuropäische Zeit)", datetime(2019, 9, 4, 13, 40, tzinfo=UTC)),
        ("Wed Sep  4 15:40:00 CEST 2019", datetime(2019, 9, 4, 13, 40, tzinfo=UTC)),
        ("Wed Sep 04 15:40:00 +0200 2019", datetime(2019, 9, 4, 13, 40, tzinfo=UTC)),
        ("Sept. 4, 2019 at 3:40 p.m. ET", datetime(2019, 9, 4, 19, 40, tzinfo=UTC)),
        ("Jan. 4, 2019, 3:40 p. m. PT", datetime(2019, 1, 4, 23, 40, tzinfo=UTC)),
        ("Sept. 4, 2019 at noon", datetime(2019, 9, 4, 12)),
        ("midnight, 4 September 2019", datetime(2019, 9, 4)),
        ("12:05 AM, 4 September 2019", datetime(2019, 9, 4, 0, 5)),
        ("1540 GMT on 4th of September, 2019", datetime(2019, 9, 4, 15, 40, tzinfo=UTC)),
        ("4 Sep '19", datetime(2019, 9, 4)),
        ("1er septembre 2019 à 15 h 40", datetime(2019, 9, 1, 15, 40)),
        ("1º de septiembre del 2019", datetime(2019, 9, 1)),
        ("mar. 4 juin 2019", datetime(2019, 6, 4)),
        ("Mar. 4, 2019", datetime(2019, 3, 4)),
        ("Mittwoch, 4. Sept. 2019 um 15 Uhr", datetime(2019, 9, 4, 15)),
        ("2019年9月4日（水）午後3時40分", datetime(2019, 9, 4, 15, 40)),
        ("令和元年9月4日", datetime(2019, 9, 4)),
        ("2019년 9월 4일 수요일 오후 3:40", datetime(2019, 9, 4, 15, 40)),
        ("٤ سبتمبر ٢٠١٩", datetime(2019, 9, 4)),
        ("4 تشرين الأول 2019", datetime(2019, 10, 4)),
        ("25/12/2019", datetime(2019, 12, 25)),
        ("12/25/2019", datetime(2019, 12, 25)),
        ("12.25.2019", datetime(2019, 12, 25)),
        ("25-12-2019 08:15", datetime(2019, 12, 25, 8, 15)),
        ("25.12.19", datetime(2019, 12, 25)),
        ("Wed, 09/04/2019 - 15:40", datetime(2019, 9, 4, 15, 40)),
        ("04/04/2019", datetime(2019, 4, 4)),
        ("9.15148800e+08", datetime(1999, 1, 1, tzinfo=UTC)),
        ("-86400000", None),
        ("2019-09-04 15:40 AM", None),
        ("2019-09-04T15:40:00+25:00", None),
        ("2019-09-04T24:01:00Z", None),
        ("2019-09-04T15:40:00[Europe/Nowhere]", None),
        ("03/04/2019", None),
        ("25/12/19", None),
        ("31 April 2019", None),
        ("4 September", None),
        ("September 2019", None),
        ("123456", None),
    ],
)
def test_forms_of_their_own_are_read_or_left(text, moment):
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 +0000", "Sat, 15 Aug 0099 23:12:09 +0500", "0",
        "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01", "1970-01-01T01:00:00+01:00",
        "31 Dec 1969 19:00 EST", "/Date(0)/", "1.1.1970",
    ],
)  # fmt: skip
def test_the_year_one_and_the_start_of_1970_say_that_no_date_is_known(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "locale", "moment"),
    [
        ("03/04/2019", "en-US", datetime(2019, 3, 4)),
        ("03/04/2019", "en_GB", datetime(2019, 4, 3)),
        ("03/04/2019", "de", datetime(2019, 4, 3)),
        ("03-04-2019", "nl-NL", datetime(2019, 4, 3)),
        ("03/04/2019", "en", None),
        ("03/04/2019", "fr-CA", None),
        ("25/12/19", "fr", datetime(2019, 12, 25)),
        ("25/12/19", "ja", datetime(2025, 12, 19)),
        ("19.12.25", "ko", datetime(2019, 12, 25)),
        ("2021-05-03 10:00 IST", None, datetime(2021, 5, 3, 4, 30, tzinfo=UTC)),
        ("2021-05-03 10:00 IST", "en-IE", datetime(2021, 5, 3, 9, tzinfo=UTC)),
        ("2021-05-03 10:00 IST", "he", datetime(2021, 5, 3, 8, tzinfo=UTC)),
        ("2021-05-03 10:00 EST", "en-AU", datetime(2021, 5, 3, tzinfo=UTC)),
        ("2021-05-03 10:00 CST", "zh-Hans-CN", datetime(2021, 5, 3, 2, tzinfo=UTC)),
        ("2021-05-03 10:00 CST", "es-MX", datetime(2021, 5, 3, 16, tzinfo=UTC)),
        ("2021-05-03 10:00 BST", "bn", datetime(2021, 5, 3, 4, tzinfo=UTC)),
    ],
)
def test_the_locale_decides_what_is_ambiguous(text, locale, moment):
    assert parse_date(text, locale) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Published 4 Sep 2019 at 3.40pm BST | Updated Sept. 5, 2019",
            [("2019-09-04T14:40:00+00:00", "4 Sep 2019 at 3.40pm BST"), ("2019-09-05", "Sept. 5, 2019")],
        ),
        (
            "By Anna Quill, 3:40 PM EDT, Wed September 4, 2019",
            [("2019-09-04T19:40:00+00:00", "3:40 PM EDT, Wed September 4, 2019")],
        ),
        ("Stand: 25.04.24, 11:23 Uhr", [("2024-04-25T11:23:00", "25.04.24, 11:23 Uhr")]),
        ("Posted 4 September 2019 15:40 QXT by Anna", [("2019-09-04", "4 September 2019 15:40")]),
        ("On Sept. 4, 2019 at teatime", [("2019-09-04", "Sept. 4, 2019")]),
        (
            "Updated 0908 GMT (1708 HKT) September 4, 2019",
            [("2019-09-04T09:08:00+00:00", "0908 GMT (1708 HKT) September 4, 2019")],
        ),
        ("4-6 September 2019, quay", []),
        ("Version 1.2.2019.4 of the pier", []),
        ("On 12 May 21 boats left", []),
        ("A count of 2019 boats, 15:40", []),
        ("1 January 1970", []),
    ],
)  # fmt: skip
def test_dates_are_found_in_what_a_page_shows(text, expected):
    def shown(date: FoundDate) -> str:
        if date.precision == "day":
            return date.moment.date().isoformat()
        return (date.moment.astimezone(UTC) if date.moment.tzinfo else date.moment).isoformat()

    assert [(shown(date), text[date.start : date.end].strip(" .")) for date in find_dates(text)] == expected
