"""Agencies: the news agency that an article names, whatever its language and spelling.  Pure; a reviewed table.

An article names its agency in its credit ("AFP", "dpa/tmn", "Associated Press Writer"), in its dateline ("(ANSA) -"),
in its byline ("By Reuters"), or is the agency's own ("Reuters" as `<source>` of a feed's item, or as a page's site).
The first of these that names one of the table counts.  Agencies of press releases are none: nobody reports there.

The origin of an article is more than that: who publishes it may be an agency, which counts before every name in it, and
where its fields name none, marks at the head and foot of its text count, as in "OSLO (AP) —" or "© AFP".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

AGENCIES = {
    "AAP": "AAP | Australian Associated Press | AAP FactCheck",
    "ABP": "ABP | Algemeen Belgisch Persbureau",
    "Adnkronos": "Adnkronos",
    "AFP": "AFP | Agence France-Presse | Agence France Presse | فرانس برس | أ ف ب | ا ف ب | 法新社",
    "AGERPRES": "AGERPRES",
    "AGI": "AGI | Agenzia Italia",
    "Agência Brasil": "Agência Brasil",
    "ANI": "ANI | Asian News International",
    "ANP": "ANP | Algemeen Nederlands Persbureau",
    "ANSA": "ANSA",
    "Antara": "Antara | LKBN Antara",
    "AP": "AP | Associated Press | The Associated Press | AP News | Associated Press Writer | أسوشيتد برس | 美联社"
    " | 美聯社",
    "APA": "APA | Austria Presse Agentur",
    "askanews": "askanews",
    "Anadolu": "Anadolu | Anadolu Agency | Anadolu Ajansı | Anadolu Ajansi",
    "Belga": "Belga",
    "Bernama": "Bernama",
    "Bloomberg": "Bloomberg | Bloomberg News",
    "BTA": "BTA | БТА",
    "Canadian Press": "Canadian Press | The Canadian Press | La Presse Canadienne",
    "CNA Taiwan": "中央社 | Central News Agency",
    "CNS China": "中新社 | 中新网 | China News Service",
    "ČTK": "ČTK | CTK",
    "dpa": "dpa | DPA | Deutsche Presse-Agentur | Deutsche Presse Agentur | dpa-AFX",
    "EFE": "EFE | Agencia EFE",
    "epd": "epd | Evangelischer Pressedienst",
    "Europa Press": "Europa Press",
    "Folhapress": "Folhapress",
    "Hina": "HINA",
    "IANS": "IANS | Indo-Asian News Service",
    "Interfax": "Interfax | Интерфакс | Інтерфакс",
    "IRNA": "IRNA | ایرنا",
    "Jiji": "Jiji | Jiji Press | 時事通信 | 時事通信社",
    "Keystone-SDA": "Keystone-SDA | Keystone-ATS | SDA | sda | ATS | Schweizerische Depeschenagentur",
    "KNA": "KNA | Katholische Nachrichten-Agentur",
    "KUNA": "KUNA | كونا",
    "Kyodo": "Kyodo | Kyodo News | 共同通信 | 共同通信社 | 共同社",
    "LaPresse": "LaPresse",
    "Lusa": "Lusa | Agência Lusa",
    "MTI": "MTI | Magyar Távirati Iroda",
    "NTB": "NTB | Norsk Telegrambyrå",
    "PA": "PA | PA Media | Press Association",
    "PAP": "PAP | Polska Agencja Prasowa",
    "PTI": "PTI | Press Trust of India",
    "Reuters": "Reuters | Thomson Reuters | Reuters Breakingviews | Reuters Health | Reuter | رويترز | Рейтер"
    " | 路透 | 路透社 | ロイター | 로이터",
    "RIA": "RIA | RIA Novosti | РИА Новости",
    "Ritzau": "Ritzau | Ritzaus Bureau",
    "SAPA": "SAPA | South African Press Association",
    "SID": "SID | Sport-Informations-Dienst",
    "SPA": "Saudi Press Agency | واس",
    "SPK": "SPK | Schweizerische Politische Korrespondenz",
    "STA": "STA | Slovenska tiskovna agencija",
    "STT": "STT | Suomen Tietotoimisto",
    "TASS": "TASS | ITAR-TASS | ТАСС",
    "TASR": "TASR",
    "Télam": "Télam | Telam",
    "TT": "TT | Tidningarnas Telegrambyrå",
    "Ukrinform": "Ukrinform | Укрінформ | Укринформ",
    "UNI": "UNI | United News of India",
    "UPI": "UPI | United Press International",
    "VNA": "VNA | TTXVN | Vietnam News Agency | Thông tấn xã Việt Nam",
    "WAM": "WAM | وام",
    "Xinhua": "Xinhua | Xinhua News Agency | 新华社 | 新华网 | 新華社",
    "Yonhap": "Yonhap | Yonhap News Agency | 연합뉴스",
}
"""Agency → its names and codes, in each script that it signs in; a name that ends in a full stop is written without."""

HOSTS = {
    name: agency
    for agency, names in {
        "AAP": "aap.com.au", "Adnkronos": "adnkronos.com", "AFP": "afp.com", "AGERPRES": "agerpres.ro",
        "AGI": "agi.it", "ANI": "aninews.in", "ANP": "anp.nl", "ANSA": "ansa.it ansabrasil.com.br",
        "Antara": "antaranews.com", "AP": "ap.org apnews.com", "APA": "apa.at", "askanews": "askanews.it",
        "Anadolu": "aa.com.tr", "Belga": "belga.be belganewsagency.eu", "Bernama": "bernama.com",
        "Bloomberg": "bloomberg.com bloomberg.co.jp", "BTA": "bta.bg", "Canadian Press": "thecanadianpress.com",
        "CNA Taiwan": "cna.com.tw focustaiwan.tw", "CNS China": "chinanews.com chinanews.com.cn ecns.cn",
        "ČTK": "ctk.cz ctk.eu ceskenoviny.cz", "dpa": "dpa.com dpa-international.com", "EFE": "efe.com",
        "epd": "epd.de", "Europa Press": "europapress.es", "Hina": "hina.hr", "IANS": "ians.in",
        "Interfax": "interfax.com interfax.ru", "IRNA": "irna.ir", "Jiji": "jiji.com",
        "Keystone-SDA": "keystone-sda.ch keystone-ats.ch", "KNA": "kna.de", "KUNA": "kuna.net.kw",
        "Kyodo": "kyodonews.net kyodo.co.jp", "LaPresse": "lapresse.it", "Lusa": "lusa.pt", "MTI": "mti.hu",
        "NTB": "ntb.no", "PA": "pa.media pressassociation.com", "PAP": "pap.pl", "PTI": "ptinews.com",
        "Reuters": "reuters.com reutersagency.com thomsonreuters.com", "RIA": "ria.ru", "Ritzau": "ritzau.dk",
        "SPA": "spa.gov.sa", "STA": "sta.si", "STT": "stt.fi", "TASS": "tass.com tass.ru", "TASR": "tasr.sk",
        "Télam": "telam.com.ar", "TT": "tt.se", "Ukrinform": "ukrinform.net ukrinform.ua", "UNI": "uniindia.com",
        "UPI": "upi.com", "VNA": "vnanet.vn", "WAM": "wam.ae", "Xinhua": "xinhuanet.com news.cn xinhua.org",
        "Yonhap": "yna.co.kr yonhapnews.co.kr",
    }.items()
    for name in names.split()
}  # fmt: skip
"""Registrable name of an agency's own host → agency."""

OriginBy = Literal["source", "host", "credit", "dateline", "byline", "site", "head", "foot"]
ORIGINS_BY: tuple[OriginBy, ...] = get_args(OriginBy)
"""How the agency of an article can be known, the surest first.

source    its source declares a publisher that is an agency
host      its URL is of an agency's own host
credit, dateline, byline, site   that field names it
head, foot   a mark where its text begins or ends
"""


class Origin(NamedTuple):
    """The agency that an article is from, and how that is known."""

    agency: str
    by: OriginBy


MARK_WITHIN = 160  # characters, at the head and foot of a text
SIGNED_WITHIN = 54  # characters, which _SIGNED spans at most
_HEAD = re.compile(r"[^()/\n]{0,100}[(/]([^()/\n]{2,40})[)/]\s{0,3}(?:--|[-:\u2010-\u2015\u2212])")
_SIGNED = re.compile(
    r"[.!?\"\u201d\u00bb)]\s{1,3}[(\[/\u2013\u2014-]{0,2}\s?([^()\[\]/\n.!?]{2,40})[)\]/]?[.\s]{0,4}(?:\^M)?$"
)
_RIGHTS = re.compile(r"(?:copyright|\u00a9|\(c\)|all rights reserved)", re.IGNORECASE)
_AROUND = " \t()[]/.,:;|*_-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
MAX_CHARACTERS = 400  # of a line that names an agency; longer ones are text
CODE = 5  # letters, up to which a name is a code: alone in any case, beside other words only as it is written here
_WORD = re.compile(r"[^\W_]+")
_PARENTHESES = re.compile(r"[(/]([^()/]{1,60})[)/]")
_SITE_ENDS = frozenset({"com", "org", "net", "news", "online", "english"})


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


_NAMES: dict[tuple[str, ...], tuple[str, set[tuple[str, ...]]]] = {}
"""Words of a name, casefolded → (agency, the words as they are written)."""
for _agency, _names in AGENCIES.items():
    for _written in map(_words, _names.split(" | ")):
        _NAMES.setdefault(tuple(word.casefold() for word in _written), (_agency, set()))[1].add(_written)
_LONGEST = max(map(len, _NAMES))
_UNSPACED = {
    words[0]: agency for words, (agency, _) in _NAMES.items() if re.fullmatch("[\u3040-\u9fff\uac00-\ud7a3]+", words[0])
}
"""Names in scripts that put no space behind them."""


def agency(credit: str | None, dateline: str | None, byline: str | None, site: str | None) -> str | None:
    """The agency that these lines of an article name; None if they name none of the table."""
    found = _named(credit, dateline, byline, site)
    return found.agency if found else None


@lru_cache(maxsize=4096)
def _named(credit: str | None, dateline: str | None, byline: str | None, site: str | None) -> Origin | None:
    if credit and (found := _within(credit)):
        return Origin(found, "credit")
    marks = _PARENTHESES.findall(dateline[:MAX_CHARACTERS]) if dateline else ()
    if found := next(filter(None, map(_within, marks)), None):
        return Origin(found, "dateline")
    if byline and (found := _whole(byline)):
        return Origin(found, "byline")
    if site and (found := _whole(site)):
        return Origin(found, "site")
    return None


def origin(
    credit: str | None,
    dateline: str | None,
    byline: str | None,
    site: str | None,
    publisher: str | None,
    trailer: str | None,
    head: str,
    foot: str,
) -> Origin | None:
    """The agency that an article is from, by itself; None where nothing of it says so.

    publisher  the registrable name of its URL's host (schemas.publishers)
    head, foot the first and the last MARK_WITHIN characters of its text
    """
    if publisher and publisher in HOSTS:
        return Origin(HOSTS[publisher], "host")
    if found := _named(credit, dateline, byline, site):
        return found
    opens = _HEAD.match(head) if "(" in head or "/" in head else None
    if opens and (name := _whole(opens[1])):
        return Origin(name, "head")
    lines = [*(trailer or "").split("\n"), foot.rpartition("\n")[2]]
    return next((Origin(name, "foot") for line in lines if line and (name := _signed(line))), None)


def agency_of(publisher: str) -> str | None:
    """The agency that a declared publisher is, by its name or its host."""
    return HOSTS.get(publisher.casefold()) or _whole(publisher)


def _signed(line: str) -> str | None:
    """The agency that a last line names: alone, behind the last sentence, or as the holder of its rights."""
    signed = _SIGNED.search(line[-SIGNED_WITHIN:])
    said = signed[1] if signed else line.strip(_AROUND)
    if len(said) <= 40 and (found := _whole(said)):
        return found
    return _within(line) if len(line) <= MAX_CHARACTERS and _RIGHTS.match(line.lstrip(_AROUND)) else None


def _within(line: str) -> str | None:
    """The first agency that a line names beside other words, the longest name first: codes only as they are written."""
    words = _words(line[:MAX_CHARACTERS])
    folded = tuple(word.casefold() for word in words)
    for begin in range(len(words)):
        for end in range(min(len(words), begin + _LONGEST), begin, -1):
            if found := _NAMES.get(folded[begin:end]):
                name, written = found
                code = end - begin == 1 and len(words[begin]) <= CODE and words[begin].isascii()
                if not code or len(words) == 1 or words[begin:end] in written:
                    return name
    return next((name for known, name in _UNSPACED.items() if known in line[:MAX_CHARACTERS]), None)


def _whole(line: str) -> str | None:
    """The agency that a line names and says nothing else, but for `By` and the end of a site's name."""
    words = [word.casefold() for word in _words(line[:MAX_CHARACTERS])]
    if words[:1] == ["by"]:
        del words[0]
    if words[:1] == ["the"] and len(words) > 1:
        del words[0]
    found = _NAMES.get(tuple(words)) or (_NAMES.get(tuple(words[:-1])) if words and words[-1] in _SITE_ENDS else None)
    return found[0] if found else None
