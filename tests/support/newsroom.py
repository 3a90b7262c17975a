"""A store as a newsroom's would be: an agency, three papers, four days, revisions, decisions, a refused run."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from etl.commit import curate
from etl.errors import Refused
from etl.pipeline import local
from etl.settings import Settings
from etl.sources.declarations import load
from tests.support.stores import Quiet, decide, ingest, rows

DECLARED = """
[agency]
location = "{root}/agency/{{date}}"

[courier]
location = "{root}/courier/{{date}}"
publisher = "Courier Group"

[gazette]
location = "{root}/gazette/{{date}}"
schedule = "0 6 * * *"

[squad]
location = "{root}/squad"
role = "reference"

[herald]
kind = "feed"
location = "https://herald.example/rss"
"""
DAYS = [date(2026, 3, n) for n in (14, 15, 16, 17)]


def passages() -> Sequence[dict[str, Any]]:
    """The records of the benchmark: one quotes the flood, one the crane drivers, one nothing."""
    return [
        {"id": "q1", "title": "", "body": body(2)[:160].upper()},
        {"id": "q2", "title": "", "body": f"{body(1)} {body(90)}"},
        {"id": "q3", "title": "", "body": body(91)},
    ]


WORDS = {
    "en": "the and of with from that which were have after before people council city harbour workers said they",
    "de": "der die und von mit dass werden haben nach wurde eine Stadt Hafen Rat Leute sagte nicht auch",
}


def body(number: int, changed: int = 0, language: str = "en") -> str:
    """A text of common words in an order of its own, with so many of them changed."""
    words = random.Random(number).choices(WORDS[language].split(), k=70)
    for n in range(changed):
        words[9 * n + 3] = f"altered{n}"
    return " ".join(words).capitalize() + "."


def article(key: str, title: str, text: str, day: int, hour: int, **more: Any) -> dict[str, Any]:
    published = f"2026-03-{day:02}T{hour:02}:00:00Z"
    return {"id": key, "title": title, "body": text, "published": published, "language": "en", **more}


PAPERS: dict[tuple[str, int], Sequence[dict[str, Any]]] = {
    ("agency", 14): [
        article("a1", "Crane drivers walk out at Port Ansel", body(1), 14, 6, credit="Reuters"),
        article("a2", "Orle floods Tarnwick", body(2), 14, 7, credit="AFP"),
        article("a3", "Zinsen bleiben unverändert", body(3, language="de"), 14, 8, credit="dpa/tmn", language="de"),
    ],
    ("gazette", 14): [
        article("g1", "Crane strike stops Port Ansel", body(1, 1), 14, 9, credit="Reuters", section="Business",
                url="https://www.gazette.example/crane-strike"),
        article("g2", "Council keeps the library open", body(4), 14, 10, byline="By Ada Moor", section="City",
                url="https://www.gazette.example/library"),
    ],
    ("courier", 14): [
        article("c1", "Crane drivers walk out", body(1, 2), 14, 5, byline="By Reuters", section="Home",
                url="https://courier.example/cranes", tdm_reservation="1", isAccessibleForFree=False),
    ],
    ("agency", 15): [article("a4", "Peace talks resume", body(5), 15, 6, credit="AP")],
    ("gazette", 15): [
        article("g2", "Library stays open", body(4), 14, 10, byline="By Ada Moor", section="Front page",
                url="https://www.gazette.example/library", modified="2026-03-15T08:00:00Z"),
        article("g3", "Floods at Tarnwick", body(2, 1), 15, 9, credit="AFP", section="Nation", copyright="AFP",
                url="https://www.gazette.example/floods"),
    ],
    ("gazette", 16): [
        article("g2", "Library stays open", body(4, 2), 14, 10, byline="By Ada Moor", section="Front page",
                url="https://www.gazette.example/library", modified="2026-03-16T08:00:00Z"),
        article("g4", "Mayor resigns", body(6), 16, 11, section="City", url="https://www.gazette.example/mayor",
                license="https://creativecommons.org/licenses/by/4.0/", isAccessibleForFree=True),
    ],
    ("agency", 16): [
        article("a5", "Mayor of Fenmoor resigns", body(7), 16, 9, credit="AP"),
        article("a8", "The year of Fenmoor's council", f"{body(9)}\n\n{body(4)}\n\n{body(10)}", 16, 10, credit="AP"),
    ],
    ("agency", 17): [
        article("a6", "Peace talks fail", body(8), 17, 6, credit="AP"),
        {"id": "a7", "title": "", "body": ""},
    ],
    ("gazette", 17): [
        article("g5", "Read on with a subscription", "For subscribers only. Log in to continue reading.",
                17, 9, section="City", url="https://www.gazette.example/wall"),
        *(article(f"g{n}", f"Talks fail, edition {n}", body(8, n - 5), 17, n + 2, credit="AP", section="World",
                  url=f"https://www.gazette.example/talks-{n}") for n in (6, 7)),
    ],
}  # fmt: skip


def fill(settings: Settings, root: Path) -> Settings:
    """Fill a store, one run a source and day; returns the settings with the file that declares the sources."""
    declared = root / "sources.toml"
    declared.write_text(DECLARED.format(root=root))
    settings = replace(settings, sources=str(declared))
    for (name, number), articles in PAPERS.items():
        folder = root / name / f"2026-03-{number}"
        folder.mkdir(parents=True)
        (folder / "articles.jsonl").write_text("".join(json.dumps(each) + "\n" for each in articles))
    sources = load(str(declared))
    for day in DAYS:
        for name in ("agency", "courier", "gazette"):
            if (name, day.day) not in PAPERS:
                continue
            if (name, day.day) == ("gazette", 17):
                strict = replace(settings, max_cluster_growth=1)
                with pytest.raises(Refused):
                    ingest(strict, sources[name], [day], f"{name} {day}")
                local.run([sources[name]], [day], f"{name} {day}", strict, Quiet(), accept=True)
            else:
                ingest(settings, sources[name], [day], f"{name} {day}")
    (root / "squad").mkdir()
    (root / "squad" / "questions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in passages()))
    ingest(settings, sources["squad"], None, "squad")
    known = dict(rows(settings.store, "SELECT source_key, article_id FROM article"))
    decide(settings, curate.judge, known["a5"], known["https://www.gazette.example/mayor"], "same", "one resignation")
    decide(settings, curate.retract, [known["a4"]], "withdrawn by the agency", who="ben")
    decide(settings, curate.retract, [known["a3"]], "wrong desk")
    decide(settings, curate.restore, [known["a3"]], who="ben")
    return settings
