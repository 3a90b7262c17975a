"""Pages to extract articles from: made around generated news, or read from a set that is given.

A set is a checkout of article-extraction-benchmark (ground-truth.json, html/), or JSON lines of
{"url", "html", "text"}, which may be .gz, as benchmarks/train_lines.py takes them.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.news import Newsroom

LAYOUTS = (
    ("<article><h1>{title}</h1><p class='byline'>By {person}</p>{body}</article>", "p"),
    ("<div id='main'><h1>{title}</h1><div class='story-body'>{body}</div></div>", "p"),
    ("<main><header><h1>{title}</h1><span>{person}</span></header><section>{body}</section></main>", "p"),
    ("<table><tr><td><h2>{title}</h2>{body}</td></tr></table>", "div"),
)


@dataclass(frozen=True, slots=True)
class Page:
    id: str
    html: bytes
    url: str | None
    text: str


def made(count: int, seed: int = 3) -> Iterator[Page]:
    """Pages with all that stands around an article: menus, teasers, notices, comments, in four layouts."""
    room, draw = Newsroom(seed), np.random.RandomState(seed)
    for number, text in enumerate(room.articles(count)):
        title, *paragraphs = text.split("\n\n")
        layout, tag = LAYOUTS[draw.randint(len(LAYOUTS))]
        teasers = [" ".join(room.words(9)) for _ in range(draw.randint(3, 12))]
        comments = [" ".join(room.words(draw.randint(5, 40))) for _ in range(draw.randint(0, 6))]
        body = ""
        for at, paragraph in enumerate(paragraphs):
            body += f"<{tag}>{html.escape(paragraph)}</{tag}>"
            if at == 1:
                body += "<div class='ad'>Advertisement</div><p><a href='/letter'>Sign up for our morning letter</a></p>"
        story = layout.format(title=html.escape(title), person=" ".join(room.words(2)), body=body)
        yield Page(
            str(number),
            (
                f"<!doctype html><html lang='en'><head><title>{html.escape(title)} | The Gazette</title></head><body>"
                + _links("nav", [" ".join(room.words(1)) for _ in range(14)])
                + "<div class='cookie'>We use cookies. By going on you agree. <button>Agree</button></div>"
                + story
                + _links("aside", teasers)
                + "<div class='comments'>"
                + "".join(f"<div class='comment'><p>{html.escape(said)}</p></div>" for said in comments)
                + "</div><footer><p>© The Gazette. All rights reserved.</p>"
                + _links("ul", ["Contact", "Terms", "Privacy", "Subscribe"])
                + "</footer></body></html>"
            ).encode(),
            f"https://gazette.example/{number}",
            "\n\n".join(paragraphs),
        )


def _links(tag: str, names: list[str]) -> str:
    inner = "".join(f"<li><a href='/{n}'>{html.escape(name)}</a></li>" for n, name in enumerate(names))
    return f"<{tag}><ul>{inner}</ul></{tag}>"


def read(path: Path) -> Iterator[Page]:
    """Pages of a set."""
    if path.is_dir():
        truth = json.loads((path / "ground-truth.json").read_text(encoding="utf-8"))
        for own, gold in truth.items():
            with gzip.open(path / "html" / f"{own}.html.gz") as file:
                yield Page(own, file.read(), gold["url"], gold.get("articleBody", ""))
        return
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as file:
        for number, line in enumerate(file):
            record = json.loads(line)
            yield Page(str(number), record["html"].encode(), record.get("url"), record["text"])


def write(listed: Iterable[Page], path: Path) -> None:
    """Pages as contenders read them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        for page in listed:
            record = {"id": page.id, "html": base64.b64encode(page.html).decode(), "url": page.url}
            file.write(json.dumps(record) + "\n")
