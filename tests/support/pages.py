"""A page of an invented paper, and what is extracted of a page."""

from __future__ import annotations

from etl.extract.article import extract
from schemas.records import RawDocument

PARAGRAPHS = [
    f"The committee said on Tuesday that measure {i}, which was debated for months, would take effect in the spring."
    for i in range(8)
]
PAGE = f"""<!DOCTYPE html><html lang="en-GB"><head><title>A headline for the page - The Daily Site</title>
<link rel="canonical" href="/2024/05/03/story?utm_source=x"><meta property="og:site_name" content="The Daily Site">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "A headline for the page",
"datePublished": "2024-05-03T09:30:00+02:00", "dateModified": "2024-05-04T00:00:00Z", "articleSection": "Politics",
"author": [{{"@type": "Person", "name": "Ann Smith"}}, {{"@type": "Organization", "name": "The Daily Site"}}]}}</script>
</head>
<body><nav><a href="/">Home</a> <a href="/news">News and views of the day</a></nav>
<article><h1>A headline for the page</h1>
<div class="byline">By Ann Smith</div>{"".join(f"<p>{p}</p>" for p in PARAGRAPHS)}
<div class="related">Related: <a href="/x">Another story that is told elsewhere, and at length</a></div></article>
<footer>All rights reserved by the publisher, whose terms of use apply to every page.</footer></body></html>"""


def page(html, url=None):
    document = RawDocument("a/page.html", None, "html", html.encode(), url=url)
    return extract(document, "paper", None)
