"""Fixtures: a web site on this machine, and settings that ask it without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.settings import Settings
from tests.support import website


@pytest.fixture
def site() -> Iterator[website.Site]:
    with website.running() as running:
        yield running


@pytest.fixture
def polite(tmp_path: Path, site: website.Site) -> Settings:
    """Settings that wait for nothing."""
    return Settings(
        store=f"sqlite:///{tmp_path}/corpus.db",
        staging=str(tmp_path / "staging"),
        landing=str(tmp_path / "landing"),
        user_agent="wirecopy-test/1.0 (test@example.org)",
        allow_hosts=f"127.0.0.1:{site.port}",
        host_delay_s=0,
        poll_least_s=0,
        workers=1,
    )
