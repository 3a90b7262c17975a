"""Words that dates are written with, in 25 languages, and the tokens that a text is cut into.  Pure.

A token has a letter by its kind, and these are the shape of a text: "W, d M y d:d +y".

Letters: o d k y s e n are numbers of 1, 2, 3, 4, 6, 8 and other many digits; M a month, W a weekday, m either; p AM or
PM, N noon or midnight; z a zone, r a zone with summer time; u h i "Uhr", "h" and "min"; g a word after a year, q an
ordinal's ending, c a filler, L a label, t the T of ISO 8601; Y O J H I S year to second in Chinese, Japanese and
Korean, E an era, x any other word; the rest is punctuation.

Months and weekdays are those of Unicode CLDR 48 for English, German, French, Spanish, Italian, Portuguese, Dutch,
Swedish, Norwegian, Danish, Finnish, Polish, Czech, Turkish, Russian, Ukrainian, Romanian, Hungarian, Greek, Arabic and
Indonesian, and the spellings that papers use beside them.  No word is the name of two months.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from etl.text.date_zones import REGIONS, ZONES

MONTHS = (
    "january jan januar janvier janv enero ene gennaio gen genn janeiro januari tammikuuta tammikuu tammi stycznia"
    " styczeń sty ledna leden led ocak oca января январь янв січня січень січ ianuarie ian január ιανουαρίου ιανουάριος"
    " ιαν يناير jänner jän jänn كانون-الثاني جانفي",
    "february feb februar febr februari février févr fév febrero febbraio febbr fevereiro fev helmikuuta helmikuu helmi"
    " lutego luty lut února únor úno şubat şub февраля февраль фев февр лютого лютий лют februarie február φεβρουαρίου"
    " φεβρουάριος φεβ فبراير شباط فيفري feber",
    "march mar märz mär mrz mars marzo março maart mrt marts maaliskuuta maaliskuu maalis marca marzec března březen"
    " bře mart марта март мар березня березень бер martie március márc μαρτίου μάρτιος μαρ مارس maret آذار",
    "april apr avril avr abril abr aprile huhtikuuta huhtikuu huhti kwietnia kwiecień kwi dubna duben dub nisan nis"
    " апреля апрель апр квітня квітень квіт aprilie április ápr απριλίου απρίλιος απρ أبريل إبريل نيسان أفريل",
    "may mai mayo maggio mag magg maio mei maj toukokuuta toukokuu touko maja května květen kvě mayıs мая май травня"
    " травень трав május máj μαΐου μάιος μαΐ مايو أيار ماي",
    "june jun juni juin junio giugno giu junho kesäkuuta kesäkuu kesä czerwca czerwiec cze června červen čvn haziran"
    " haz июня июнь июн червня червень черв iunie iun június jún ιουνίου ιούνιος ιουν يونيو يونيه حزيران جوان",
    "july jul juli juillet juil julio luglio lug julho heinäkuuta heinäkuu heinä lipca lipiec lip července červenec"
    " čvc temmuz tem июля июль июл липня липень лип iulie iul július júl ιουλίου ιούλιος ιουλ يوليو يوليه تموز جويلية",
    "august aug août agosto ago augustus augusti elokuuta elokuu elo sierpnia sierpień sie srpna srpen srp ağustos ağu"
    " августа август авг серпня серпень серп augusztus αυγούστου αύγουστος αυγ أغسطس agustus agu agt ags آب أوت",
    "september sep sept septembre septiembre setiembre settembre set sett setembro syyskuuta syyskuu syys września"
    " wrzesień wrz září zář eylül eyl сентября сентябрь сен сент вересня вересень вер septembrie szeptember szept"
    " σεπτεμβρίου σεπτέμβριος σεπ سبتمبر أيلول",
    "october oct oktober okt octobre octubre ottobre ott outubro out lokakuuta lokakuu loka października październik"
    " paź října říjen říj ekim eki октября октябрь окт жовтня жовтень жовт octombrie október οκτωβρίου οκτώβριος οκτ"
    " أكتوبر تشرين-الأول",
    "november nov novembre noviembre novembro marraskuuta marraskuu marras listopada listopad lis listopadu kasım kas"
    " ноября ноябрь ноя нояб листопада лист noiembrie νοεμβρίου νοέμβριος νοε نوفمبر تشرين-الثاني",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember des joulukuuta joulukuu joulu"
    " grudnia grudzień gru prosince prosinec pro aralık ara декабря декабрь дек грудня грудень груд decembrie"
    " δεκεμβρίου δεκέμβριος δεκ ديسمبر كانون-الأول",
)
"""Names of the months, January first; "-" stands for the space in a name of two words."""
WEEKDAYS = (
    "monday mon montag mo lundi lun lunes lunedì segunda maandag ma måndag mån mandag man maanantai maanantaina"
    " poniedziałek pon pondělí po pazartesi pzt понедельник пн понеділок luni hétfő δευτέρα δευ الاثنين senin sen",
    "tuesday tue tues dienstag di mardi martes martedì terça ter dinsdag tisdag tis tirsdag tirs tir tiistai tiistaina"
    " wtorek wt úterý út salı sal вторник вт вівторок marți kedd τρίτη τρί الثلاثاء selasa sel",
    "wednesday wed mittwoch mi mercredi mer miércoles mié mercoledì quarta qua woensdag wo woe onsdag ons keskiviikko"
    " keskiviikkona ke środa śr středa st çarşamba çar среда ср середа miercuri mie szerda sze τετάρτη τετ الأربعاء"
    " rabu rab",
    "thursday thu thur thurs donnerstag do jeudi jeu jueves jue giovedì gio quinta qui donderdag torsdag tors tor"
    " torstai torstaina czwartek czw čtvrtek čt perşembe per четверг чт четвер joi csütörtök πέμπτη πέμ الخميس kamis"
    " kam",
    "friday fri freitag fr vendredi ven viernes vie venerdì sexta sex vrijdag vr vrij fredag fre perjantai perjantaina"
    " pe piątek pt pátek pá cuma cum пятница пт п'ятниця vineri vin péntek παρασκευή παρ الجمعة jumat jum",
    "saturday sat samstag sonnabend sa samedi sam sábado sáb sabato sab zaterdag za lördag lör lørdag lør lauantai"
    " lauantaina la sobota sob so cumartesi cmt суббота сб субота sâmbătă sâm szombat σάββατο σάβ السبت sabtu",
    "sunday sun sonntag dimanche dim domingo dom domenica zondag zo söndag sön søndag søn sunnuntai sunnuntaina su"
    " niedziela niedz neděle ne pazar paz воскресенье вс неділя нд duminică dum vasárnap κυριακή κυρ الأحد minggu",
)
"""Names of the weekdays, Monday first; "feira" of Portuguese is a filler."""
FILLERS = (
    "de del da do dei di du of the le la el den die der dem d'a az o o' u at on à a às as las los alle ore ora um am im"
    " om kl klo kello ve v в во о об saat saatte godz godzina jam pukul pkl στις ώρα dne dnia dia feira i den på il"
    " op g"
)
"""Words between the parts of a date that say nothing themselves: prepositions, articles, "o'clock" before the hour."""
LABELS = (
    "published publish posted date dated updated update created issued time veröffentlicht erstellt erschienen stand"
    " datum publié publie mis mise jour ligne publicado publicada actualizado fecha pubblicato pubblicata data"
    " aggiornato gepubliceerd geplaatst publicerad publicerat publisert publiceret julkaistu opublikowano vydáno"
    " publikováno yayınlanma tarihi опубликовано опубліковано publicat megjelent δημοσιεύθηκε"
)
"""Words before a date that say that it is one."""
HOUR_WORDS = "uhr uur heures hodin hod o'clock"
HOUR_LETTERS = "h hr hrs hs ч"
MINUTE_WORDS = "min мин"
YEAR_WORDS = "г года год р року r rok roku"
ORDINALS = "st nd rd th er re ère"
HOURS_BY_NAME = {
    "noon": 12, "midday": 12, "midi": 12, "mittag": 12, "mittags": 12, "mediodía": 12, "mezzogiorno": 12,
    "midnight": 0, "minuit": 0, "mitternacht": 0, "medianoche": 0, "mezzanotte": 0,
}  # fmt: skip
"""Hours of the day that words name; midnight is the one that the day begins with."""
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
"""Year before the first of a Japanese era."""

FOLDED = str.maketrans("ıłøđ’ʼ`", "ilod'''")


def fold_word(word: str) -> str:
    """A word in lower case without accents, so that "AOÛT" and "aout" are "août"."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.lower().translate(FOLDED))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _kinds() -> dict[str, tuple[str, int]]:
    """Kind and value of each folded word; where a word has two meanings, the later one here."""
    names = [("W", place, words) for place, words in enumerate(WEEKDAYS)]
    plain = [("L", LABELS), ("c", FILLERS), ("u", HOUR_WORDS), ("h", HOUR_LETTERS), ("i", MINUTE_WORDS),
             ("g", YEAR_WORDS), ("q", ORDINALS)]  # fmt: skip
    names += [(kind, 0, words) for kind, words in plain]
    names += [("N", hour, word) for word, hour in HOURS_BY_NAME.items()]
    names += [("M", place, words) for place, words in enumerate(MONTHS, start=1)]
    return {fold_word(word): (kind, value) for kind, value, words in names for word in words.split()}


KINDS = _kinds() | {"mar": ("m", 3)}
"""Letter and number of a folded word; "mar" is March or a Tuesday."""

NUMERIC = "odkysen"
"""Letters of numbers."""
TOKEN = re.compile(
    r"\d{1,40}|\s{1,40}|[AaPp](?:\.\s?[Mm]\.?|[Mm])(?![^\W\d_])|(?:كانون|تشرين)\s(?:الأول|الثاني)"
    r"|(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)(?:/[A-Z][A-Za-z_]{1,20}){1,2}"
    r"|[^\W\d_\u3000-\u9fff\uac00-\ud7af]{1,40}(?:['’ʼ][^\W\d_]{1,40})?"
    r"|午前|午後|上午|下午|오전|오후|令和|平成|昭和|大正|明治|[月火水木金土日]曜日?|(?:星期|周|週)[一二三四五六日天]"
    r"|[월화수목금토일]요일|\([月火水木金土日월화수목금토일]\)|[πμ]\.\s?μ\.|.",
    re.DOTALL,
)
NUMBER_LETTERS = {1: "o", 2: "d", 3: "k", 4: "y", 6: "s", 8: "e"}
CJK_LETTERS = dict(zip("年月日号號時时点點分秒元년월일시분초", "YOJJJHHHHISoYOJHIS", strict=True))
PUNCTUATION = dict(zip("–—‐‑−|·•,;、@_’", "-----,,,,,,,-'", strict=True)) | {c: c for c in "-/.:+()[]'"}
CJK_WORDS = {"午前": ("p", 0), "上午": ("p", 0), "오전": ("p", 0), "午後": ("p", 1), "下午": ("p", 1), "오후": ("p", 1)}
CJK_WORDS |= {era: ("E", before) for era, before in ERAS.items()}
CJK_WORDS |= {character: (letter, 1) for character, letter in CJK_LETTERS.items()}
CJK_WEEKDAY = re.compile(r"曜|요일$|^\(|^(?:星期|周|週)")
LONGEST_WORD = 20  # characters
HALF = re.compile(r"([AaPpπμ])(?:\.\s?[Mmμ]\.?|[Mm])$")

# "am 4. Mai" is German: AM and PM stand behind a number, or in East Asia before a time.
NO_HALF = re.compile(r"(?<![odkysen])(?<![odkysen] )p(?! ?[od] ?[:.Hh])")


class Tokens(NamedTuple):
    """A text in pieces: its shape, which has a letter for each, their numbers (Monday is 0), and the pieces."""

    shape: str
    values: tuple[int, ...]
    pieces: list[str]


def tokens_of(text: str) -> Tokens:
    """The tokens of a text, whatever it is; together they are the text."""
    pieces = TOKEN.findall(text)
    letters, values = zip(*map(_kind, pieces), strict=True) if pieces else ((), ())
    shape = "".join(letters)
    return Tokens(NO_HALF.sub("c", shape) if "p" in shape else shape, values, pieces)


@lru_cache(10_000)  # few words and numbers make most dates
def _kind(piece: str) -> tuple[str, int]:
    """A piece's letter and number."""
    if piece.isdecimal():
        return NUMBER_LETTERS.get(len(piece), "n"), int(piece) if len(piece) < 20 else 0
    if piece.isspace():
        return " ", 0
    if half := HALF.match(piece):
        return "p", half[1] in "Ppμ"
    if len(piece) == 1 and not piece.isalpha():
        return PUNCTUATION.get(piece, "?"), 0
    if "/" in piece or piece in REGIONS:
        return "r", 0
    if (piece.isupper() and piece in ZONES) or piece in ("utc", "gmt", "z"):
        return "z", 0
    if piece in ("T", "t"):
        return "t", 0
    if piece in CJK_WORDS:
        return CJK_WORDS[piece]
    if CJK_WEEKDAY.search(piece):
        return "W", -1
    return KINDS.get(fold_word(piece).replace(" ", "-"), ("x", 0)) if len(piece) <= LONGEST_WORD else ("x", 0)
