"""Difference: what verify finds.  Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of the store that is not the expected one."""

    what: str
    where: str
    stored: object
    expected: object

    def __str__(self) -> str:
        return f"{self.what} of {self.where}: stored {self.stored!r}, expected {self.expected!r}"
