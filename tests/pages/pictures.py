"""Pages of the corpus as files, over a small corpus of the sample articles, and pictures of them for the docs.

make pictures        # writes docs/pictures
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import etl.pages
from etl.commit import curate
from etl.errors import Refused
from etl.pages import pages, queries, run
from etl.pages.story import story_page
from etl.pipeline import local
from etl.report.html_parts import STYLE
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, previews
from tests.support.paths import ROOT, SEEDS
from tests.support.stores import Quiet, decide, ingest, rows

PICTURES = ROOT / "docs" / "pictures"
FIRST, DAYS = date(2026, 3, 1), 12
SHOWN = ("overview", "run", "story", "review", "sources", "quarantine")
WIDTH, HEIGHT = 1_000, 640
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DECLARED = """
[gazette]
location = "gazette/{date}"
limits.quiet_after = "3d"

[courier]
location = "courier/{date}"
limits.quiet_after = "3d"
"""


def fill(folder: Path) -> Settings:
    """A store of two papers that print the sample articles, a few a day; one of them falls silent."""
    (folder / "sources.toml").write_text(DECLARED)
    settings = Settings(
        store=f"sqlite:///{folder}/corpus.db",
        sources=str(folder / "sources.toml"),
        staging=f"{folder}/staging",
        workers=1,
    )
    texts = sorted((SEEDS / "wire").glob("*.txt"))
    for n in range(DAYS):
        for name, last in (("gazette", DAYS), ("courier", DAYS - 5)):
            if n < last:
                place = folder / name / f"{FIRST + timedelta(days=n)}"
                place.mkdir(parents=True)
                for text in texts[(n if name == "gazette" else (n + 3) % DAYS) :: DAYS]:
                    (place / text.name).write_bytes(text.read_bytes())
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    for name in ("gazette", "courier"):
        ingest(settings, Source(name, (f"{folder}/{name}/{{date:%Y-%m-%d}}",)), days)
    gazette, newest = Source("gazette", (f"{folder}/gazette/{{date:%Y-%m-%d}}",)), days[-1]
    for number, text in enumerate(texts[:3]):  # the same story again and again: the guard would refuse it
        copy = folder / "gazette" / f"{newest}" / f"again{number}.txt"
        copy.write_bytes(texts[0].read_bytes() + text.name.encode())
    strict = replace(settings, max_cluster_growth=1)
    for preview in (True, False):
        with suppress(Refused):
            local.run([gazette], [newest], "ingest_gazette manual__2026-03-13", strict, Quiet(), preview=preview)
    waiting = rows(
        settings.store, "SELECT article_id, canonical_id FROM corpus_review ORDER BY jaccard DESC, article_id"
    )
    for one, other in waiting[: len(waiting) // 2]:
        decide(settings, curate.judge, one, other, "same", "read both")
    return settings


def written(settings: Settings, folder: Path) -> dict[str, Path]:
    """The pages as files with their style and script, by name."""
    own = Path(etl.pages.__path__[0])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "corpus.css").write_text(STYLE + (own / "corpus.css").read_text(encoding="utf-8"))
    (folder / "corpus.js").write_text((own / "corpus.js").read_text(encoding="utf-8"))
    now = datetime(2026, 3, 13, 8, tzinfo=UTC)
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        copy = connection.scalar(sa.text("SELECT min(article_id) FROM corpus_duplicate WHERE relation = 'near'"))
        last = connection.scalar(sa.text("SELECT max(run_id) FROM corpus_run WHERE refused IS NOT NULL"))
        reason = queries.reasons(connection)[0]
        made = {
            "overview": pages.overview(queries.overview(connection, settings, now)),
            "run": run.run_page(queries.run_page(connection, last)),
            "preview": run.preview_page(previews.find(connection, 1)),
            "done": run.run_page(queries.run_page(connection, 1)),
            "story": story_page(queries.story(connection, str(copy))),
            "sources": pages.sources(queries.sources(connection)),
            "review": pages.review(queries.review(connection, []), []),
            "reasons": pages.reasons(queries.reasons(connection)),
            "quarantine": pages.quarantined(
                reason.source, reason.reason, queries.quarantined(connection, reason.source, reason.reason)
            ),
            "search": pages.search_page("ferry", [], "nothing is found"),
        }
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


@contextmanager
def browser(chromium: str, **context: Any) -> Iterator[Any]:
    """A tab of a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, headless=True, args=["--no-sandbox"])
        yield running.new_context(**context).new_page()
        running.close()


def main() -> None:
    """Take the pictures."""
    with tempfile.TemporaryDirectory() as made:
        files = written(fill(Path(made)), Path(made) / "pages")
        PICTURES.mkdir(exist_ok=True)
        with browser(CHROMIUM or "chromium", viewport={"width": WIDTH, "height": HEIGHT}) as page:
            for name in SHOWN:
                page.goto(files[name].as_uri())
                page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=50)


if __name__ == "__main__":
    main()
