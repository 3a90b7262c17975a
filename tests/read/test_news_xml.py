"""News in XML and SGML as it is found: nothing that is printed is lost, whatever is wrong with the markup."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.read.xml import parsed
from tests.support.reading import articles, documents, refused

TEXT = "The ferry to Sandholm ran twice on Sunday, its owner said."
URL = "https://island.example/ferry"


def rss(*items: str, head: str = "") -> bytes:
    inside = "".join(f"<item>{item}</item>" for item in items)
    declaration = '<?xml version="1.0"?>\n'
    return f'{declaration}<rss version="2.0"><channel><title>Island</title>{head}{inside}</channel></rss>'.encode()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Fish & chips", "Fish & chips"),
        ("Q&A at Fish&chips; R&D", "Q&A at Fish&chips; R&D"),
        ("Caf&eacute; &ldquo;Sud&rdquo;", "Café “Sud”"),
        ("Caf&#233; &#x201c;Sud&#8221;", "Café “Sud”"),
        ("It&#146;s so", "It’s so"),
        ("Fish &amp; chips &lt; 5", "Fish & chips < 5"),
        ("Profit < loss, I <3 it", "Profit < loss, I <3 it"),
        ("A\x0b vertical\x01 tab", "A vertical tab"),
    ],
)
@pytest.mark.parametrize("broken_before", ["", "<p>an <i>open <b>tag</p> <x y=z>"])
def test_no_character_is_lost(written: str, shown: str, broken_before: str) -> None:
    nitf = f"<nitf><body><hl1>T</hl1>{broken_before}<body.content><p>{written}</p></body.content></body></nitf>"
    assert articles(nitf.encode(), "a.xml")[0].body == shown
    item = f"<title>{written}</title><description>{TEXT}</description>"
    assert articles(rss(item), "a.rss")[0].title == shown


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["word", "&", "&amp;", "<", "&nbsp;", "&#8217;", "&x;", "<br>", "<b>", "</i>", "é"])))
def test_every_word_of_broken_xml_is_kept(pieces: list[str]) -> None:
    text = " ".join(f"{piece} w{number}" for number, piece in enumerate(pieces))
    assert parsed(f"<r><p>{text}</p></r>").get_text().count("w") == text.count("w")


def test_html_in_a_feed_need_not_be_closed() -> None:
    found = articles(
        rss(
            f"<title>A <b>bold</b> move</title><description>One<br>two <p>{TEXT}</description>"
            f"<link>{URL}?a=1&b=2</link>",
            f"<description><p>{TEXT} <a href=x>More</description><link>{URL}/2</link><title>B</title>",
        )
    )
    assert [(a.title, a.url) for a in found] == [("A bold move", f"{URL}?a=1&b=2"), ("B", f"{URL}/2")]
    assert found[0].body.endswith(TEXT)


def test_entities_that_are_characters_may_be_declared() -> None:
    declared = '<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY dash "–"><!ENTITY who \'Ann\'>]>'
    content = rss("<title>&who;&nbsp;&dash; here</title>").replace(b"<rss", declared.encode() + b"<rss", 1)
    assert articles(content)[0].title == "Ann – here"
    for hostile in ('<!ENTITY a "&b;">', '<!ENTITY a SYSTEM "x">', '<!ENTITY a "<p>">', '<!ENTITY % a "x">'):
        content = rss("<title>T</title>").replace(b"<rss", f"<!DOCTYPE rss [{hostile}]><rss".encode(), 1)
        assert refused(content) == ["hostile: XML that declares entities"]


@pytest.mark.parametrize(
    "before", ["<br />\n<b>Warning</b>: no such key in <b>/f.php</b><br />\n", "\n \n", "<!-- made by hand -->"]
)
def test_a_feed_is_a_feed_whatever_stands_before_it(before: str) -> None:
    content = before.encode() + rss(f"<title>A</title><description>{TEXT}</description>", "<title>B</title>")
    assert [article.title for article in articles(content, "page.php")] == ["A", "B"]


ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://island.example/en/">'
    "<author><name>Ann Pell</name></author>"
)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ('<entry><link href="/ferry"/>', "https://island.example/ferry"),
        ('<entry><link href="ferry"/>', "https://island.example/en/ferry"),
        ('<entry xml:base="2024/"><link href="ferry"/>', "https://island.example/en/2024/ferry"),
        ('<entry xml:base="https://mole.example/"><link href="ferry"/>', "https://mole.example/ferry"),
    ],
)
def test_a_relative_link_is_made_whole(entry: str, url: str) -> None:
    (found,) = articles(f"{ATOM}{entry}<title>T</title><content>{TEXT}</content></entry></feed>".encode())
    assert (found.url, found.authors) == (url, ("Ann Pell",))


@pytest.mark.parametrize(
    ("fields", "url", "key"),
    [
        (f"<guid>{URL}</guid>", URL, URL),
        (f'<guid isPermaLink="true">{URL}</guid>', URL, URL),
        (f'<guid isPermaLink="false">{URL}</guid>', None, URL),
        (f"<guid>7</guid><link>{URL}</link>", URL, URL),
        ("<link>/ferry</link>", URL, URL),
        ("<guid>7</guid>", None, "7"),
    ],
)
def test_the_address_of_an_item_is_its_link_else_its_permanent_guid(fields: str, url: str | None, key: str) -> None:
    item = f"<title>T</title><description>{TEXT}</description>{fields}"
    (found,) = articles(rss(item, head="<link>https://island.example/</link>"))
    assert (found.url, found.source_key) == (url, key)


def test_authors_paper_and_last_line_of_an_item() -> None:
    (found,) = articles(
        rss(
            "<title>Ferry runs twice - The Mole</title><source url='https://mole.example'>The Mole</source>"
            "<author>desk@mole.example (Ann Pell)</author>"
            f"<description><![CDATA[<p>{TEXT}</p><p>The post <a href='x'>Ferry</a> appeared first on Mole.</p>]]>"
            "</description>"
        )
    )
    assert (found.title, found.site, found.authors, found.body) == ("Ferry runs twice", "The Mole", ("Ann Pell",), TEXT)


def test_rss_1_has_its_items_beside_the_channel() -> None:
    content = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Island</title></channel>'
        f'<item rdf:about="{URL}"><title>T</title><description>{TEXT}</description><dc:date>2024-05-03</dc:date></item>'
        "</rdf:RDF>"
    )
    (found,) = articles(content.encode())
    assert (found.title, found.url, found.site) == ("T", URL, "Island")


NITF = f"""<nitf><head><title>slug</title><docdata><doc-id id-string="9"/></docdata>
<pubdata date.publication="19870503T000000" name="Island" ex-ref="{URL}"/></head><body>
<body.head><hedline><hl1>T</hl1></hedline>
<byline class="print_byline"><person>By Ann Pell</person> <byttl>Island</byttl></byline>
<byline class="normalized_byline">Pell, Ann</byline></body.head>
<body.content><block class="lead_paragraph"><p>{TEXT}</p></block><block class="full_text"><p>{TEXT}</p><p>Second.</p>
<media media-type="image"><media-caption>The ferry. Photo by Bo Quist</media-caption></media><p>Third.</p></block>
</body.content></body></nitf>"""


def test_nitf_gives_the_text_once_without_pictures() -> None:
    (found,) = articles(f'<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf.dtd">{NITF}'.encode())
    assert found.body == f"{TEXT}\n\nSecond.\n\nThird."
    assert (found.authors, found.site, found.url) == (("Ann Pell",), "Island", URL)
    assert found.published_at == datetime(1987, 5, 3, tzinfo=UTC)


def test_a_file_may_hold_several_documents_of_xml() -> None:
    two = f'<?xml version="1.0"?>{NITF}\n<?xml version="1.0"?>{NITF.replace(URL, URL + "/2")}'
    assert [article.url for article in articles(two.encode())] == [URL, URL + "/2"]


def test_newsml_1_gives_its_lines_and_its_text() -> None:
    content = f"""<NewsML><NewsItem><Identification><NewsIdentifier>
<PublicIdentifier>urn:newsml:island:9</PublicIdentifier></NewsIdentifier></Identification><NewsManagement><FirstCreated>20240503T080000Z</FirstCreated></NewsManagement>
<NewsComponent><NewsLines><HeadLine>T</HeadLine><ByLine>By Ann Pell</ByLine></NewsLines><ContentItem><DataContent>
<nitf><body><body.content><p>{TEXT}</p></body.content></body></nitf></DataContent></ContentItem></NewsComponent></NewsItem>
<NewsItem><NewsComponent><ContentItem Href="a.jpg"/></NewsComponent></NewsItem></NewsML>"""
    found = documents(content.encode())
    assert [type(item).__name__ for item in found] == ["RawDocument", "Quarantined"]
    (article,) = articles(content[: content.rindex("<NewsItem>")].encode() + b"</NewsML>")
    assert (article.title, article.body, article.authors) == ("T", TEXT, ("Ann Pell",))
    assert (article.source_key, article.published_at) == ("urn:newsml:island:9", datetime(2024, 5, 3, 8, tzinfo=UTC))


def test_rcv1_is_read() -> None:
    content = (
        '<?xml version="1.0" encoding="iso-8859-1"?><newsitem itemid="7" date="1996-08-20" xml:lang="en">'
        f"<title>X: T</title><headline>T</headline><text><p>{TEXT}</p><p>Fin.</p></text></newsitem>"
    )
    (found,) = articles(content.encode())
    assert (found.title, found.body, found.published_at) == ("T", f"{TEXT}\n\nFin.", datetime(1996, 8, 20, tzinfo=UTC))


def test_xml_without_a_declaration_is_quarantined_as_what_it_is_and_prose_is_text() -> None:
    assert refused(f"<stocks><stock>A</stock><stock>{TEXT}</stock></stocks>".encode()) == [
        "unsupported: XML with root <stocks>"
    ]
    (prose,) = articles(f"<Island> - {TEXT}".encode())
    assert f"<Island> - {TEXT}" in (prose.title, prose.body)


GIGAWORD = f"""<DOC id="ISL_ENG_20040103.0012" type="story" >
<HEADLINE>
Ferry runs
twice &amp; more
</HEADLINE>
<DATELINE>
SANDHOLM, Jan 3 (Isl)
</DATELINE>
<TEXT>
<P>
{TEXT}
</P>
<P>
Second.
</P>
</TEXT>
</DOC>
"""
TREC = f"""<DOC>
<DOCNO> AP880212-0001 </DOCNO>
<HEAD>Ferry runs twice &AMP; more</HEAD>
<TEXT>
   {TEXT}
   Second.
</TEXT>
</DOC>
"""


@pytest.mark.parametrize(
    ("content", "day", "number"),
    [
        (GIGAWORD, datetime(2004, 1, 3, tzinfo=UTC), "ISL_ENG_20040103.0012"),
        (TREC, datetime(1988, 2, 12, tzinfo=UTC), "AP880212-0001"),
    ],
)
def test_collections_of_documents_in_sgml_are_read(content: str, day: datetime, number: str) -> None:
    found = articles((content + content).encode(), "isl_200401")
    assert len(found) == 2
    assert (found[1].title, found[1].body) == ("Ferry runs twice & more", f"{TEXT}\n\nSecond.")
    assert (found[1].published_at, found[1].source_key) == (day, number)


def test_what_is_wrong_with_one_sgml_document_is_of_no_account_for_the_next() -> None:
    content = TREC.replace("</DOC>", "") + "\nnobody's text\n" + TREC + "stray line\n\n" + TREC
    found = documents(content.encode())
    assert [type(item).__name__ for item in found] == ["RawDocument", "RawDocument", "Quarantined", "RawDocument"]
