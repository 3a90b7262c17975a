"""Pages to article texts with trafilatura's defaults, comments left out."""

import trafilatura
from contest import Contest
from pages_of import pages

WARM = b"<html><body><article><p>" + b"Warm up the parser. " * 40 + b"</p></article></body></html>"
trafilatura.bare_extraction(WARM)
contest = Contest()
found = pages(contest)
texts = {}
for own, html, url in found:
    document = trafilatura.bare_extraction(html, url=url, include_comments=False, with_metadata=True)
    texts[own] = (document.text if document else "") or ""
contest.passed("extract")
contest.finish(texts)
