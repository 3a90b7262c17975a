"""Progress on a terminal: bars, what is done now, texts that are counted.  Elsewhere only notes are written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from etl.cli.shared import say

if TYPE_CHECKING:
    from etl.pipeline.local import Progress


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error if that is a terminal; else nothing."""
    if not sys.stderr.isatty():
        yield Silence()
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

    with _bar(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()) as bar:
        yield bar


@contextmanager
def waiting() -> Iterator[Callable[[str], None]]:
    """What says on a terminal what is done now, beside the time that all has taken so far."""
    if not sys.stderr.isatty():
        yield Silence().say
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    with _bar(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
        yield bar.say


@contextmanager
def _bar(*columns: Any) -> Iterator[Bar]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Bar(bars, bars.add_task("starting", total=None))


class Silence:
    """Progress without a terminal."""

    def begin(self, total_bytes: int) -> None:
        pass

    def done(self, size: int) -> None:
        pass

    def say(self, what: str) -> None:
        pass

    def note(self, what: str) -> None:
        whisper(what)


class Bar:
    """Progress as a bar."""

    def __init__(self, bars: Any, task: Any) -> None:
        self._bars, self._task = bars, task

    def begin(self, total_bytes: int) -> None:
        self._bars.update(self._task, total=total_bytes)

    def done(self, size: int) -> None:
        self._bars.advance(self._task, size)

    def say(self, what: str) -> None:
        self._bars.update(self._task, description=what)

    def note(self, what: str) -> None:
        self._bars.console.print(what)


def count_texts(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done:,} of {total:,} texts", err=True, nl=done == total)


def whisper(part: str) -> None:
    say(f"{part} …", err=True)
