"""Makes the samples beside it: one invented article in every format that is read.  Run it to write them anew."""

from __future__ import annotations

import bz2
import csv
import io
import json
import lzma
import sys
import tarfile
import textwrap
import zipfile
import zlib
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TITLE = "Harbour bridge reopens after two years of repairs"
AUTHOR = "Ann Example"
DAY, NEXT_DAY = "2024-05-03", "2024-05-04"
URL = "https://daily.example/2024/05/03/bridge"
KICKER, SECTION, SITE = "TRANSPORT", "Local", "The Daily Example"
DATELINE, TRAILER = "HARBOUR, May 3, 2024 (Reuters) -", "Reporting by Bob Sample"
PARAGRAPHS = (
    "The harbour bridge, closed since a ship struck its eastern pier, opened to traffic again on Friday morning.",
    "“Nobody missed the detour,” said the harbour master, who had counted 14,000 lorries a week on the coast road.",
    "Repairs took two years and cost €48 million, a third more than the port had planned, its annual report says.",
    "The port expects the first container trains to cross on Monday, once the signals have passed their last test.",
)
BODY = "\n\n".join(PARAGRAPHS)
WIRE = f"{DATELINE} {BODY}\n\n{TRAILER}"
HTML_BODY = "".join(f"<p>{escape(p)}</p>" for p in PARAGRAPHS)
HTML_WIRE = "".join(f"<p>{escape(p)}</p>" for p in WIRE.split("\n\n"))
FIELDS = {
    "title": TITLE, "text": WIRE, "author": AUTHOR, "date": DAY, "url": URL, "kicker": KICKER, "section": SECTION,
    "site": SITE, "updated": NEXT_DAY,
}  # fmt: skip

TEXT = f"{KICKER}: {TITLE}\n\nBy {AUTHOR}\n\n{WIRE}"
MESSAGE = "\r\n".join([
    "\x16\x16\x01rtr0123 4 loc 095 rtr 0123", f"\x02{KICKER},0095", f"{TITLE} =", f"By {AUTHOR} =",
    *(textwrap.fill(paragraph, 69, initial_indent="   ").replace("\n", "\r\n") for paragraph in WIRE.split("\n\n")),
    "\x03", "030000 GMT MAY 24", "\x04",
])  # fmt: skip
HTML = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE} | {SITE}</title>
<link rel="canonical" href="{URL}"><meta name="author" content="{AUTHOR}">
<meta property="article:published_time" content="{DAY}T00:00:00Z"><meta property="og:site_name" content="{SITE}">
<meta property="article:modified_time" content="{NEXT_DAY}T00:00:00Z">
<meta property="article:section" content="{SECTION}">
</head>
<body><nav><a href="/">Home</a></nav><article><h1>{TITLE}</h1>{HTML_BODY}</article>
<footer>© The Daily</footer></body></html>
"""
XHTML = HTML.replace(
    "<!DOCTYPE html>\n<html lang",
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang',
).replace('Z">', 'Z"/>')
MHTML = (
    f"From: <Saved by a browser>\r\nSnapshot-Content-Location: {URL}\r\nSubject: {TITLE}\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related; type="text/html"; boundary="----b"\r\n\r\n------b\r\n'
    f"Content-Type: text/html; charset=utf-8\r\nContent-Location: {URL}\r\n\r\n{HTML}\r\n"
    "------b\r\nContent-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAAAAACw=\r\n"
    "------b--\r\n"
)
MARKDOWN = (
    f"---\nauthor: {AUTHOR}\ndate: {DAY}\nurl: {URL}\nkicker: {KICKER}\nsection: {SECTION}\n"
    f"site: {SITE}\nupdated: {NEXT_DAY}\n---\n\n# {TITLE}\n\n"
) + WIRE.replace("harbour master", "[harbour master](https://port.example/)").replace("two years", "**two years**")
RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/"><channel><title>{SITE}</title><language>en</language>
<item><media:title>A picture</media:title><title>{TITLE}</title><link>{URL}</link><guid isPermaLink="false">77</guid>
<pubDate>Fri, 03 May 2024 00:00:00 GMT</pubDate><dc:creator>{AUTHOR}</dc:creator><category>{SECTION}</category>
<dcterms:modified xmlns:dcterms="http://purl.org/dc/terms/">{NEXT_DAY}T00:00:00Z</dcterms:modified><description>Short.</description>
<content:encoded><![CDATA[{HTML_WIRE}]]></content:encoded></item></channel></rss>
"""
ATOM = f"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>{SITE}</title>
<entry><title>{TITLE}</title><link rel="self" href="https://x.example/"/><link href="{URL}"/>
<id>tag:daily.example:77</id>
<published>{DAY}T00:00:00Z</published><updated>{NEXT_DAY}T00:00:00Z</updated><author><name>{AUTHOR}</name></author>
<category term="{SECTION}"/>
<content type="html">{escape(HTML_WIRE)}</content></entry></feed>
"""
NITF = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "http://www.nitf.org/IPTC/NITF/3.6/specification/dtd/nitf-3-6.dtd">
<nitf xml:lang="en"><head><title>slug</title><docdata><doc-id id-string="{URL}"/><date.issue norm="20240503T000000Z"/>
</docdata><pubdata name="{SITE}" position.section="{SECTION}"/></head>
<body><body.head><hedline><hl1>{TITLE}</hl1></hedline>
<byline>By <person>{AUTHOR}</person></byline>
<dateline><location>HARBOUR</location></dateline></body.head><body.content>{HTML_WIRE}</body.content></body></nitf>
"""
NEWSML = f"""<?xml version="1.0" encoding="UTF-8"?>
<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:newsml:daily.example:20240503:77" xml:lang="en">
<itemMeta><provider><name>{SITE}</name></provider><versionCreated>{NEXT_DAY}T00:00:00Z</versionCreated></itemMeta><contentMeta>
<contentCreated>{DAY}T00:00:00Z</contentCreated><headline>{TITLE}</headline><by>By {AUTHOR}</by></contentMeta>
<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body>
{HTML_WIRE}</body></html></inlineXML></contentSet></newsItem>
"""
NINJS = {
    "uri": URL, "type": "text", "headline": TITLE, "byline": f"By {AUTHOR}", "firstcreated": f"{DAY}T00:00:00Z",
    "body_xhtml": HTML_WIRE, "slugline": KICKER, "language": "en",
}  # fmt: skip
NEWSML_1 = f"""<?xml version="1.0" encoding="UTF-8"?>
<NewsML><NewsItem><Identification><NewsIdentifier><PublicIdentifier>urn:newsml:daily.example:20240503:78</PublicIdentifier>
</NewsIdentifier></Identification><NewsManagement><FirstCreated>{DAY}T00:00:00Z</FirstCreated>
<ThisRevisionCreated>{NEXT_DAY}T00:00:00Z</ThisRevisionCreated></NewsManagement><NewsComponent><NewsLines>
<HeadLine>{TITLE}</HeadLine><SlugLine>{KICKER}</SlugLine><ByLine>By {AUTHOR}</ByLine></NewsLines>
<ContentItem><DataContent><html><body>{HTML_WIRE}</body></html></DataContent></ContentItem></NewsComponent></NewsItem></NewsML>
"""
RCV1 = f"""<?xml version="1.0" encoding="iso-8859-1" ?>
<newsitem itemid="79" id="root" date="{DAY}" xml:lang="en"><title>Harbour: {TITLE}</title><headline>{TITLE}</headline>
<byline>{AUTHOR}</byline><text>{HTML_WIRE}</text></newsitem>
"""
TREC = f"""<DOC id="DLY_ENG_20240503.0080" type="story" >
<HEADLINE>
{TITLE}
</HEADLINE>
<BYLINE>By {AUTHOR}</BYLINE>
<TEXT>
{HTML_WIRE.replace("<p>", "<P>").replace("</p>", "</P>")}
</TEXT>
</DOC>
"""
MAIL = f"""From: {AUTHOR} <ann@daily.example>
To: readers@daily.example
Subject: {TITLE}
Date: Fri, 03 May 2024 00:00:00 +0000
Message-ID: <77@daily.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
Archived-At: <{URL}>

{WIRE}
"""
MBOX = f"From ann@daily.example Fri May  3 00:00:00 2024\n{MAIL}\n"
LEXIS = f"""
                               1 of 1 DOCUMENT

                              {SITE}

                              May 3, 2024 Friday

{TITLE}

BYLINE: {AUTHOR}

SECTION: {SECTION}

LENGTH: 80 words

{WIRE}

LANGUAGE: ENGLISH

                    Copyright 2024 {SITE}
                         All Rights Reserved
"""
PROQUEST = f"""____________________________________________________________

Document 1 of 1

{TITLE}

Author: {AUTHOR}

Publication title: {SITE}

Publication date: May 3, 2024

Section: {SECTION}

Document URL: {URL}

Full text: {WIRE}

Copyright: {SITE}
____________________________________________________________
"""
REST = "\n\n".join(PARAGRAPHS[1:])
FACTIVA = f"""HD {TITLE}
BY By {AUTHOR}
WC 80 words
PD 3 May 2024
SN {SITE}
SE {SECTION}
LA English

LP
{DATELINE} {PARAGRAPHS[0]}

TD
{REST}

{TRAILER}

AN Document DAILY00020240503ek530000a
"""
REUTERS = f"""<!DOCTYPE lewis SYSTEM "lewis.dtd">
<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" OLDID="5544" NEWID="1">
<DATE> 3-MAY-2024 00:00:00.00</DATE><UNKNOWN>&#5;&#5;&#5;C T</UNKNOWN>
<TEXT>&#2;
<TITLE>{TITLE}</TITLE>
<AUTHOR>    By {AUTHOR}, Reuters</AUTHOR><DATELINE>    HARBOUR, May 3 - </DATELINE><BODY>{{body}}
 Reuter
&#3;</BODY></TEXT>
</REUTERS>
"""


def packed(content: bytes) -> bytes:
    """A member of a gzip file, without time and name: the same bytes on every Python."""
    return zlib.compress(content, 9, wbits=31)


def warc(kind: str, content: bytes, content_type: str) -> bytes:
    """One record of a WARC file."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {URL}\r\nWARC-Date: 2024-05-05T00:00:00Z\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def arc(content: bytes) -> bytes:
    """An ARC file of one page."""
    about = b"1 0 Daily\nURL IP-address Archive-date Content-type Archive-length\n\n"
    described = f"filedesc://article.arc 0.0.0.0 20240505000000 text/plain {len(about)}\n".encode()
    return described + about + f"\n{URL} 127.0.0.1 20240505000000 text/html {len(content)}\n".encode() + content + b"\n"


def samples() -> dict[str, bytes]:
    """Bytes of each sample by its file's name."""
    line = json.dumps(FIELDS, ensure_ascii=False).encode()
    table = io.StringIO(newline="")
    csv.writer(table).writerows([FIELDS, FIELDS.values()])
    tabs = io.StringIO(newline="")
    csv.writer(tabs, delimiter="\t").writerows([FIELDS, FIELDS.values()])
    parquet, zipped, tarred = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**FIELDS, "author": [{"name": AUTHOR}], "vector": [0.5, 0.25]}]), parquet)
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("day/README.txt"), "No article.")
        archive.writestr(zipfile.ZipInfo("day/article.txt"), TEXT, zipfile.ZIP_DEFLATED)
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        member = tarfile.TarInfo("day/article.jsonl.gz")
        content = packed(line)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + HTML.encode()
    described = warc("warcinfo", b"software: none\r\n", "application/warc-fields") + warc(
        "request", b"GET /", "application/http"
    )
    web = described + warc("response", answer, "application/http; msgtype=response")
    return {
        "article.txt": TEXT.encode(),
        "article.html": HTML.encode(),
        "article.xhtml": XHTML.encode(),
        "article.mhtml": MHTML.encode(),
        "article.eml": MAIL.encode(),
        "article.mbox": MBOX.encode(),
        "article.iptc.txt": MESSAGE.encode(),
        "article.lexis.txt": LEXIS.encode(),
        "article.proquest.txt": PROQUEST.encode(),
        "article.factiva.txt": FACTIVA.encode(),
        "article.md": MARKDOWN.encode(),
        "article.jsonl": line + b"\n",
        "article.json": json.dumps({"articles": [FIELDS]}, indent=1).encode(),
        "article.csv": table.getvalue().encode(),
        "article.tsv": tabs.getvalue().encode(),
        "article.parquet": parquet.getvalue(),
        "article.warc": web,
        "article.arc": arc(answer),
        "article.wet": warc("conversion", TEXT.encode(), "text/plain"),
        "article.rss": RSS.encode(),
        "article.atom": ATOM.encode(),
        "article.nitf.xml": NITF.encode(),
        "article.newsml.xml": NEWSML.encode(),
        "article.newsml1.xml": NEWSML_1.encode(),
        "article.rcv1.xml": RCV1.encode("latin-1", "xmlcharrefreplace"),
        "article.trec": TREC.encode(),
        "article.ninjs.json": json.dumps(NINJS).encode(),
        "article.sgm": REUTERS.format(body="\n    ".join(map(escape, PARAGRAPHS))).encode(
            "latin-1", "xmlcharrefreplace"
        ),
        "article.html.gz": packed(HTML.encode()),
        "article.warc.gz": packed(described) + packed(web[len(described) :]),
        "article.jsonl.bz2": bz2.compress(line),
        "article.txt.xz": lzma.compress(TEXT.encode()),
        "article.csv.zst": zstd.compress(table.getvalue().encode()),
        "article.zip": zipped.getvalue(),
        "article.tar": tarred.getvalue(),
        "article.tar.gz": packed(tarred.getvalue()),
    }


if __name__ == "__main__":
    for name, content in samples().items():
        (Path(__file__).parent / name).write_bytes(content)
