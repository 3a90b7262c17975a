"""Frame: what all pages have, navigation and buttons.  Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from etl.report.html_parts import CLASS, E, document

NAVIGATION = {"": "Overview", "sources": "Sources", "review": "Review", "quarantine": "Quarantine", "search": "Search"}
CURATE = "curate_corpus"


def page(title: str, here: str | None, body: Sequence[Any]) -> str:
    links = [
        E.a(name, {"href": path or "./", **({"aria-current": "page"} if path == here else {})})
        for path, name in NAVIGATION.items()
    ]
    head = [E.link(rel="stylesheet", href="corpus.css"), E.script(src="corpus.js", defer="defer")]
    state = E.p({"id": "state", "role": "status", "aria-live": "polite"})
    navigation = E.nav({"aria-label": "Corpus"}, *links)
    return document(f"{title} · wirecopy", head, [navigation, E.main(E.h1(title), state, *body)])


def form(
    dag: str, conf: dict[str, Any], buttons: Sequence[tuple[str, dict[str, str]]], then: str = "", why: bool = False
) -> Any:
    """Buttons that start a run of a DAG, for users who may; the script makes them work.

    then  the page that is shown after it, else this one
    why   asks for the reason, which is its parameter `reason`
    """
    made = [E.button(name, {"type": "submit", "disabled": "disabled", **more}) for name, more in buttons]
    if why:
        made.insert(0, E.label("Reason ", E.input(name="reason", required="required", maxlength="1000")))
    return E.form(CLASS("run"), {"data-dag": dag, "data-conf": json.dumps(conf), "data-then": then}, *made)


def decide(name: str, word: str, articles: Sequence[str | None]) -> Any:
    return form(CURATE, {"word": word, "articles": list(articles)}, [(name, {})])


def link(article_id: str, text: str) -> Any:
    return E.a(text, href=f"story?{urlencode({'of': article_id})}")


def paragraphs(text: str) -> list[Any]:
    return [E.p(CLASS("text"), paragraph) for paragraph in text.split("\n\n")]
