"""Years: sources at random, day after day, with all that happens to a corpus; then the store is right.

`make soak` lives through 2,000 days and prints what each hundred took, for some minutes.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from etl.commit import curate
from etl.commit.erase import erase_all
from etl.errors import Refused
from etl.pipeline import erasing, steps
from etl.pipeline.listing import find
from etl.settings import Settings, variable
from etl.sources.source import Source
from tests.support.stores import check, decide, rows, shared_workers
from tests.support.stories import story

LONG = bool(os.environ.get("WIRECOPY_SOAK"))
DAYS, SOURCES, ARTICLES = (2_000, 40, 12) if LONG else (40, 6, 6)
FIRST = date(2024, 1, 1)
STANDING = "SELECT article_id FROM corpus_member ORDER BY article_id"
CHANCES = {"retract": 0.05, "restore": 0.02, "judge": 0.04, "erase": 0.04, "flood": 0.03, "kill": 0.02}


@dataclass
class Years:
    """A corpus that grows; `marks` are words of erased articles, which must be found nowhere."""

    settings: Settings
    root: Path
    chance: random.Random
    happened: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*CHANCES, "late", "refused", "again"), 0))
    marks: set[str] = field(default_factory=set)
    told: list[tuple[str, date]] = field(default_factory=list)

    def live(self, days: int) -> None:
        begun = time.process_time()
        for step in range(days):
            self.day(step)
            if LONG and step % 100 == 99:
                self.say(step + 1, time.process_time() - begun)
                begun = time.process_time()

    def day(self, step: int) -> None:
        name, day = f"s{self.chance.randrange(SOURCES)}", FIRST + timedelta(days=step * 365 // 2_000)
        if self.told and self.chance.random() < 0.2:
            self.happened["late"] += 1
            day -= timedelta(days=self.chance.randrange(1, 40))
        if self.told and self.chance.random() < 0.05:
            self.happened["again"] += 1
            name, day = self.chance.choice(self.told)
        self.told.append((name, day))
        self.write(step, name, day)
        if self.happens("kill"):
            self.killed(name, day)
        self.ingest(name, day)
        if self.happens("flood"):
            self.flood(step, name, day)
        for what in ("retract", "restore", "judge", "erase"):
            if self.happens(what):
                getattr(self, what)()

    def happens(self, what: str) -> bool:
        if self.chance.random() < CHANCES[what] * (1 if LONG else 3):
            self.happened[what] += 1
            return True
        return False

    def write(self, step: int, name: str, day: date) -> None:
        """A file of new stories, near-copies of late ones, and sometimes another text of an earlier article."""
        records = []
        for n in range(ARTICLES):
            number = max(0, step - self.chance.randrange(15)) * 10 + self.chance.randrange(10)
            changes = [(self.chance.randrange(90), f"c{self.chance.randrange(99)}") for _ in range(n % 3)]
            title, _, body = story(number, *changes, (5, f"mark{step}x{n}end"), words=90).partition("\n\n")
            key = f"{name}-{step}-{n}" if self.chance.random() < 0.9 else f"{name}-{max(0, step - SOURCES)}-{n}"
            records.append({"id": key, "title": title, "body": body, "published": f"{day}T0{n % 9}:00:00Z"})
        folder = self.root / name / f"{day}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{step}.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n{broken\n")

    def ingest(self, name: str, day: date, accept: bool = False) -> None:
        source = Source(name, (f"{self.root}/{name}/{{date:%Y-%m-%d}}",))
        found = find(source, day, self.settings)
        steps.ingest(found, "years", self.settings, shared_workers(), accept=accept)

    def killed(self, name: str, day: date) -> None:
        """The same run as a process of its own, killed at any moment."""
        of_settings = {variable(each): str(getattr(self.settings, each)) for each in ("store", "staging")}
        command = [sys.executable, "-m", "etl", "run", f"{self.root}/{name}/{{date}}", "--source", name]
        run = subprocess.Popen(
            [*command, "--date", f"{day}"], env=os.environ | of_settings | {variable("workers"): "1"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(self.chance.uniform(0.2, 2.5))
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()

    def flood(self, step: int, name: str, day: date) -> None:
        """A day of copies, which the guard refuses; half of them are accepted."""
        path = self.root / name / f"{day}" / f"flood{step}.jsonl"
        told = [
            {"id": f"{name}-flood-{step}-{n}", "title": "Bridge", "body": story(1, (n % 90, "x"))} for n in range(60)
        ]
        path.write_text("\n".join(map(json.dumps, told)))
        with pytest.raises(Refused):
            self.ingest(name, day)
        self.happened["refused"] += 1
        if self.chance.random() < 0.5:
            self.ingest(name, day, accept=True)
        else:
            path.unlink()

    def some(self, query: str, count: int) -> list[str]:
        found = [row[0] for row in rows(self.settings.store, query)]
        return self.chance.sample(found, min(count, len(found)))

    def retract(self) -> None:
        decide(self.settings, curate.retract, self.some(STANDING, 2), "wrong")

    def restore(self) -> None:
        decide(self.settings, curate.restore, self.some("SELECT article_id FROM retraction ORDER BY 1", 1))

    def judge(self) -> None:
        pairs = rows(self.settings.store, "SELECT article_id, canonical_id FROM corpus_review ORDER BY article_id")
        if pairs:
            one, other = self.chance.choice(pairs)
            decide(self.settings, curate.judge, one, other, self.chance.choice(["same", "different"]), "read it")

    def erase(self) -> None:
        going = self.some("SELECT article_id FROM article ORDER BY article_id", 2)
        listed = ", ".join(f"'{each}'" for each in going)
        bodies = rows(self.settings.store, f"SELECT body FROM revision WHERE article_id IN ({listed})")
        self.marks |= {word for (body,) in bodies for word in body.split() if word.startswith("mark")}
        decide(self.settings, erase_all, going, "asked to")
        erasing.resume(self.settings)

    def say(self, step: int, seconds: float) -> None:
        articles = rows(self.settings.store, "SELECT count(*) FROM article")[0][0]
        size = sum(path.stat().st_size for path in self.root.parent.glob("corpus.db*"))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        sys.stdout.write(
            f"{step:5} days  {articles:6} articles  {10 * seconds:4.0f} ms of CPU a day  {size} bytes  {memory} MB\n"
        )


def test_after_years_of_everything_the_store_is_what_its_articles_make_of_it_and_nothing_erased_is_found(
    settings: Settings, tmp_path: Path
) -> None:
    settings = replace(settings, staging=str(tmp_path / "staging"), workers=1, min_judged_records=30)
    settings = replace(settings, max_replaced_share=1.0, max_lately_replaced_share=1.0)
    years = Years(settings, tmp_path / "in", random.Random(5))
    years.live(DAYS)
    assert all(years.happened.values()), years.happened
    check(settings.store)
    for name, day in sorted(set(years.told)):
        years.ingest(name, day, accept=True)  # what was erased is read again, and refused
    check(settings.store)
    assert years.marks
    texts = [row[0] for row in rows(settings.store, "SELECT body FROM revision")]
    held = [text for text in texts if not years.marks.isdisjoint(text.rstrip(".").split())]
    assert held == []
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "in" not in path.parts)
    assert [mark for mark in years.marks if mark.encode() in left] == []
