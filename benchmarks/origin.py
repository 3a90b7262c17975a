"""How often `corpus_story.origin` is right, on stories whose agency is known.

    python -m benchmarks.origin [STORIES] [--seed S]

Stories of agencies and of papers' own desks are made (benchmarks.news), each printed by one to five papers, some of
agencies also by their own source.  A paper keeps the agency's mark in one of the ways that papers have, or drops it;
now and then it credits another one.  Stories of desks mention agencies in their text, as sources, and for pictures.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from benchmarks.news import Newsroom
from etl.pipeline import local
from etl.settings import Settings
from etl.sources.declarations import load
from etl.store import database
from schemas.agencies import AGENCIES

OWN = {"reuters": "Reuters", "apnews": "AP", "dpa": "dpa"}
"""Sources of agencies: two by their host, one by the publisher that is declared."""
PAPERS = [f"paper{n}" for n in range(8)]
NAMES = ("Reuters", "AP", "AFP", "dpa", "EFE", "ANSA", "Xinhua", "PTI", "UPI", "TASS", "Kyodo", "Yonhap")
SIGNED = {"Reuters": "Thomson Reuters", "AP": "The Associated Press", "AFP": "Agence France-Presse"}
OF_AGENCIES, WITH_OWN, DROPPED, MISCREDITED, MENTIONED = 0.6, 0.2, 0.3, 0.02, 0.3
"""Shares: of stories; of those, of the three agencies that have a source; of copies, twice; of stories of desks."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A story as one source prints it."""

    source: str
    record: dict[str, str]


def stories(count: int, seed: int) -> Iterator[tuple[str | None, bool, list[Printed]]]:
    """(the agency, whether any copy says so, copies) of each story."""
    draw, room = random.Random(seed), Newsroom(seed)
    for number, text in enumerate(room.articles(count)):
        agency = draw.choice(NAMES) if draw.random() < OF_AGENCIES else None
        title, _, body = text.partition("\n\n")
        copies, marked = [], False
        for source in draw.sample(PAPERS, draw.choice((1, 1, 2, 3, 5))):
            named = agency
            if agency and draw.random() < DROPPED:
                named = None
            elif agency and draw.random() < MISCREDITED:
                named = draw.choice(NAMES)
            marked |= named == agency is not None
            record = _marked(draw, title, body, named) if named else {"title": title, "body": body}
            if agency is None and draw.random() < MENTIONED:
                record = _mentioning(draw, record)
            url = f"https://www.{source}.example/{number}"
            copies.append(Printed(source, {**record, "url": url, "published": f"2026-03-{draw.randint(1, 9):02}"}))
        own = next((source for source, name in OWN.items() if name == agency), None)
        if own and draw.random() < WITH_OWN:
            url = f"https://www.{own if own != 'dpa' else 'wire.example'}.com/{number}"
            copies.append(Printed(own, {"title": title, "body": body, "url": url, "published": "2026-03-01"}))
            marked = True
        yield agency, marked, copies


def _marked(draw: random.Random, title: str, body: str, agency: str) -> dict[str, str]:
    """A record in which a paper keeps an agency's mark."""
    spelled = draw.choice([name for name in AGENCIES[agency].split(" | ") if name.isascii()])
    record = {"title": title, "body": body}
    return {
        "credit": {**record, "credit": draw.choice((spelled, f"{spelled}/tmn", f"Courier/{spelled}"))},
        "dateline": {**record, "body": f"PORT ANSEL ({spelled}) — {body}"},
        "page": {**record, "body": f"<p>PORT ANSEL, March 3 ({spelled}) - {body}</p>"},
        "byline": {**record, "byline": f"By {spelled}"},
        "site": {**record, "site": spelled},
        "foot": {**record, "body": f"{body} ({spelled})"},
        "alone": {**record, "body": f"{body}\n\n{spelled}"},
        "rights": {**record, "body": f"{body}\n\n© 2026 {SIGNED.get(agency, spelled)}. All rights reserved."},
    }[draw.choice(("credit", "credit", "dateline", "page", "byline", "site", "foot", "alone", "rights"))]


def _mentioning(draw: random.Random, record: dict[str, str]) -> dict[str, str]:
    """A record of a desk's own that names an agency."""
    agency, body = draw.choice(NAMES), record["body"]
    return (
        record
        | {
            "told": {"body": f"{body}\n\nThe minister told {agency} that he would stay."},
            "reported": {"body": f"The port was closed, {agency} reported ({agency} has an office there). {body}"},
            "helped": {"body": f"{body}\n\n{agency} contributed to this report."},
            "picture": {"body": f"{body}\n\nPhoto: {agency}"},
            "byline": {"byline": f"By Ada Moor, {draw.choice(('Courier', 'staff and agencies'))}"},
        }[draw.choice(("told", "reported", "helped", "picture", "byline"))]
    )


def measure(count: int, seed: int, folder: Path) -> dict[str, float]:
    """Make, ingest and judge stories."""
    truth: dict[str, tuple[str | None, bool]] = {}
    files: dict[str, list[str]] = {source: [] for source in (*OWN, *PAPERS)}
    for agency, marked, copies in stories(count, seed):
        for copy in copies:
            files[copy.source].append(json.dumps(copy.record))
            truth[copy.record["url"]] = agency, marked
    declared = ""
    for source, lines in files.items():
        (folder / source).mkdir()
        (folder / source / "articles.jsonl").write_text("\n".join(lines))
        publisher = 'publisher = "dpa"\n' if source == "dpa" else ""
        declared += f'[{source}]\nlocation = "{folder / source}"\n{publisher}'
    (folder / "sources.toml").write_text(declared)
    settings = Settings(store=f"sqlite:///{folder}/corpus.db", sources=str(folder / "sources.toml"), workers=1)
    settings = replace(settings, staging=str(folder / "staging"))
    local.run(list(load(settings.sources).values()), None, "origin", settings, _Quiet(), accept=True)
    return _judged(settings.store, truth)


def _judged(store: str, truth: dict[str, tuple[str | None, bool]]) -> dict[str, float]:
    by, wrong = Counter[str](), Counter[str]()
    known = said = right = stories = 0
    with database.opened(store) as engine, database.reading(engine) as connection:
        query = "SELECT s.origin, s.origin_evidence, a.url FROM corpus_story AS s JOIN corpus_article AS a" \
            " ON a.article_id = s.canonical_id"  # fmt: skip
        for origin, evidence, url in connection.execute(sa.text(query)):
            agency, marked = truth[url]
            how = json.loads(evidence)["by"]
            named = origin if how != "first printed" else None
            stories, known, said = stories + 1, known + marked, said + (named is not None)
            right += named is not None and named == agency
            by[how] += 1
            wrong[how] += named is not None and named != agency
    print("known by", dict(by.most_common()), "wrong", dict(wrong.most_common()))
    return {"stories": stories, "precision": right / said, "recall": right / known}


class _Quiet:
    def begin(self, total_bytes: int) -> None: ...
    def done(self, size: int) -> None: ...
    def say(self, what: str) -> None: ...
    def note(self, what: str) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stories", type=int, nargs="?", default=5_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(measure(given.stories, given.seed, Path(folder)))


if __name__ == "__main__":
    main()
