"""The commands that an operator's monitor and an operator ask: health, and sources --check."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

DECLARED = """
[gazette]
location = "gazette/{date:%Y/%m/%d}"
[herald]
location = "herald/{date:%Y/%m/%d}"
[gone]
location = "nowhere/{date}"
[flat]
location = "flat"
[wire]
kind = "feed"
location = "https://wire.example/rss"
"""


def lay(folder, *names):
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "story.txt").write_text(f"Headline of {name}\n\n" + f"{name} and what came of it. " * 20)


def test_health_says_what_is_wrong_and_its_exit_status_is_for_monitors(wirecopy, tmp_path):
    today = datetime.now(UTC).date()
    days = [f"{today - timedelta(days=number):%Y/%m/%d}" for number in (2, 3, 1)]
    lay(tmp_path / "gazette", *days[:2])
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sources.toml").write_text(
        '[gazette]\nlocation = "gazette/{date:%Y/%m/%d}"\nlimits.quiet_after = "1d"'
    )
    status, told, _ = wirecopy("health")
    assert (status, told.splitlines()[0][:36]) == (1, "store: there is nothing in sqlite://")
    where = ("gazette/{date:%Y/%m/%d}", "--from", today - timedelta(days=3), "--to", today - timedelta(days=1))
    wirecopy("run", *where)
    status, told, errors = wirecopy("health")
    assert (status, errors) == (1, "")
    assert told.startswith(f"source gazette: it has brought nothing since {today - timedelta(days=2)}, for ")
    lay(tmp_path / "gazette", days[2])
    wirecopy("run", *where)
    status, told, _ = wirecopy("health", "--json")
    assert (status, json.loads(told)["ok"], json.loads(told)["problems"]) == (0, True, [])
    assert wirecopy("health")[1].startswith("nothing is wrong\n")


def test_a_check_of_sources_says_what_lies_there_and_which_pattern_fits_nothing(wirecopy, tmp_path):
    lay(tmp_path / "gazette", "2026/03/13", "2026/03/14", "notes")
    lay(tmp_path / "herald", "2026-03-13", "2026-03-14")
    lay(tmp_path / "var/landing/wire", "2026-03-12")
    (tmp_path / "flat").mkdir()
    (tmp_path / "sources.toml").write_text(DECLARED)
    assert wirecopy("sources", "sources.toml")[0] == 0
    assert wirecopy("sources", "--check", WIRECOPY_SOURCES="sources.toml")[0] == 1
    status, told, _ = wirecopy("sources", "sources.toml", "--check")
    assert status == 1
    assert told.splitlines()[1::2] == [
        "  gazette/{date:%Y/%m/%d}: the newest day is 2026-03-14",
        "  herald/{date:%Y/%m/%d}: its {date:…} fits none of the names there (2026-03-13, 2026-03-14);"
        " mend the pattern",
        "  nowhere/{date}: no such file or folder",
        "  flat: it is there",
        "  var/landing/wire/{date:%Y-%m-%d}: the newest day is 2026-03-12",
    ]


def test_a_run_that_finds_nothing_says_which_pattern_is_likely_wrong(wirecopy, tmp_path, caplog):
    lay(tmp_path / "herald", "2026-03-14")
    caplog.set_level("INFO")
    status, told, _ = wirecopy("run", "herald/{date:%Y/%m/%d}", "--date", "2026-03-14")
    assert (status, told[:8]) == (0, "read 0 =")
    assert [record.getMessage() for record in caplog.records if record.name == "etl.pipeline.listing"] == [
        "herald 2026-03-14: no files at herald/2026/03/14",
        "herald 2026-03-14: herald/{date:%Y/%m/%d}: its {date:…} fits none of the names there (2026-03-14);"
        " mend the pattern",
    ]
