"""Relations found of those that were made: articles printed again cut, extended, merged or rewritten.

    python -m benchmarks.relations [PAIRS [--peers]]

Each original is the agency's.  A copy is another paper's under another headline, but for `rewritten`: a later version
by the agency, a quarter to a half of its sentences replaced.  `other` is an unlike article.  Peers get the texts alone,
without days, sources or headlines.
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.environments import Unavailable, python_of
from benchmarks.measure import Failed, contend
from benchmarks.news import Newsroom
from etl.fingerprint.passages import SHINGLE
from etl.pipeline import local
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database

KINDS = ("cut", "extended", "merged", "rewritten", "other")
FIRST = date(2026, 3, 1)
LEAST_WORDS = 180


class _Silent:
    """Progress that nobody watches."""

    def begin(self, total_bytes: int) -> None: ...

    def done(self, size: int) -> None: ...

    def say(self, what: str) -> None: ...

    def note(self, what: str) -> None: ...


def made(kind: str, text: str, other: str, draw: random.Random) -> str:
    """Another printing of a text; other: what is put beside it."""
    words, theirs = text.split(), other.split()
    if kind == "cut":
        return " ".join(words[: int(len(words) * draw.uniform(0.3, 0.6))])
    if kind == "extended":
        return " ".join([*words, *theirs[: int(len(words) * draw.uniform(0.6, 1.2))]])
    if kind == "merged":
        size = draw.randint(60, max(61, int(len(words) * 0.35)))
        at, into = draw.randint(0, len(words) - size), draw.randint(0, len(theirs))
        return " ".join([*theirs[:into], *words[at : at + size], *theirs[into:]])
    if kind == "rewritten":
        share, others = draw.uniform(0.25, 0.5), " ".join(theirs).split(". ")
        sentences = " ".join(words).split(". ")
        return ". ".join(draw.choice(others) if draw.random() < share else each for each in sentences)
    return other


def write(folder: Path, pairs: int, draw: random.Random) -> dict[str, str]:
    """Articles as two sources of records; copy's id -> its kind."""
    texts = [text for text in Newsroom(3).articles(4 * pairs) if len(text.split()) > LEAST_WORDS]
    records: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for n, (text, other) in enumerate(zip(texts[: 2 * pairs : 2], texts[1 : 2 * pairs : 2], strict=True)):
        kind, day = draw.choice(KINDS), FIRST + timedelta(draw.randrange(60))
        title = text.split()[:8]
        copy = made(kind, text, other, draw)
        theirs = [*title[:3], "update", *title[4:]] if kind == "rewritten" else draw.sample(copy.split(), 7)
        later = day + timedelta(draw.randint(0, 5))
        records["agency"].append(_record(f"a{n}", " ".join(title), text, day))
        by = "agency" if kind == "rewritten" else "paper"
        records[by].append(_record(f"b{n}", " ".join(theirs), copy, later))
        kinds[f"b{n}"] = kind
    for name, those in records.items():
        draw.shuffle(those)
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in those))
    return kinds


def _record(key: str, title: str, body: str, day: date) -> dict[str, str]:
    return {"id": key, "title": title, "body": body, "published": f"{day}T06:00:00Z", "language": "en"}


def main() -> None:
    asked = [each for each in sys.argv[1:] if each != "--peers"]
    pairs, draw = int(asked[0]) if asked else 500, random.Random(5)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        kinds = write(folder, pairs, draw)
        settings = Settings(store=f"sqlite:///{folder}/corpus.db", staging=str(folder / "staging"), workers=1)
        before = _cpu()
        for name in ("agency", "paper"):
            local.run(
                [Source(name, (str(folder / f"{name}.jsonl"),))], None, "benchmark", settings, _Silent(), accept=True
            )
        spent = _cpu() - before
        with database.opened(settings.store) as engine, database.reading(engine) as connection:
            rows = connection.execute(sa.text(_FOUND)).all()
        found = {frozenset((row[0], row[1])): str(row[2]) for row in rows}
        _tell("wirecopy run", kinds, found, spent)
        if "--peers" in sys.argv:
            _peers(folder, kinds)
    became: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for copy, kind in kinds.items():
        became[kind][found.pop(frozenset((copy, f"a{copy[1:]}")), "nothing")] += 1
    for kind in KINDS:
        print(f"{kind:10}", ", ".join(f"{what} {count}" for what, count in became[kind].most_common()))
    print("others    ", ", ".join(f"{what} {count}" for what, count in Counter(found.values()).most_common()))


def _peers(folder: Path, kinds: Mapping[str, str]) -> None:
    """What contenders find of the same texts, each in an environment of its own."""
    files = [(folder / f"{name}.jsonl").read_text() for name in ("agency", "paper")]
    records = [json.loads(line) for file in files for line in file.splitlines()]
    corpus = folder / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"id": str(n), "text": r["body"]}) + "\n" for n, r in enumerate(records)))
    for script, environment, jobs in (
        ("datasketch_containment", "datasketch", [(0.5, "false"), (0.5, "true"), (0.2, "false"), (0.2, "true")]),
        ("text_dedup_minhash", "text-dedup", [(0.7, "true"), (0.3, "true")]),
    ):
        for threshold, check in jobs:
            job = {"shingle": SHINGLE, "permutations": 128, "threshold": threshold, "check": check}
            name = f"{environment}, {threshold}{', verified' if check == 'true' else ''}"
            try:
                python, before = python_of(environment), _cpu()
                result = contend(script, python, corpus, job).result
            except (Unavailable, Failed) as error:
                print(f"{name}: {error}")
                continue
            _tell(
                name, kinds, {frozenset(records[int(n)]["id"] for n in p): "" for p in _pairs(result)}, _cpu() - before
            )


def _pairs(result: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    """The pairs that a contender found, or those of its clusters."""
    if result["clusters"] is None:
        return [tuple(pair) for pair in result["facts"]["pairs"]]
    clusters: defaultdict[str, list[str]] = defaultdict(list)
    for own, head in result["clusters"].items():
        clusters[head].append(own)
    return [pair for members in clusters.values() for pair in itertools.combinations(members, 2)]


def _tell(name: str, kinds: Mapping[str, str], found: Collection[frozenset[str]], spent: float) -> None:
    """Print recall by kind, and how many of the pairs found are made ones."""
    hits = Counter(kind for copy, kind in kinds.items() if frozenset((copy, f"a{copy[1:]}")) in found)
    made = Counter(kinds.values())
    recall = ", ".join(f"{kind} {hits[kind] / made[kind]:.2f}" for kind in KINDS)
    right = hits.total() - hits["other"]
    print(f"{name}: {recall}; {len(found)} pairs, {right / max(1, len(found)):.3f} of them made; {spent:.1f} CPU s")


def _cpu() -> float:
    """Seconds of the processor that this process and its children took."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


_FOUND = """
    SELECT a.source_key, b.source_key, r.kind FROM corpus_relation AS r
      JOIN corpus_article AS a ON a.article_id = r.article_id JOIN corpus_article AS b ON b.article_id = r.other_id
    UNION ALL
    SELECT d.source_key, a.source_key, 'duplicate' FROM corpus_duplicate AS d
      JOIN corpus_article AS a ON a.article_id = d.canonical_id"""


if __name__ == "__main__":
    main()
