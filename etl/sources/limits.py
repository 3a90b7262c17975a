"""Limits by source: the settings that a source may declare for itself, with what each takes.  Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from etl.decide.quiet import span

if TYPE_CHECKING:
    from etl.settings import Settings

SHARE = "a share, from 0 to 1"
COUNT = "a whole number, 0 or more"
NOT_NONE = "a whole number, 1 or more"
SECONDS = "a number of seconds, 0 or more, of a year at most"
BOUNDS = {SHARE: (0, 1), NOT_NONE: (1, math.inf), SECONDS: (0, 31_536_000)}
SPAN = 'a time such as "36h" or "3d"'


def _limit(takes: str, fetched: bool = False) -> Any:
    """takes: SHARE, COUNT, NOT_NONE, SECONDS or SPAN; fetched: it is for sources on the web alone."""
    return field(default=None, metadata={"takes": takes, "fetched": fetched})


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """Limits of one source, each named like the setting that it replaces; None: as the setting says."""

    max_duplicate_share: float | None = _limit(SHARE)
    max_quarantine_share: float | None = _limit(SHARE)
    max_replaced_share: float | None = _limit(SHARE)
    max_cluster_growth: int | None = _limit(COUNT)
    min_judged_records: int | None = _limit(COUNT)
    quiet_after: str | None = _limit(SPAN)
    min_share_of_usual: float | None = _limit(SHARE)
    max_requests: int | None = _limit(COUNT, fetched=True)
    max_fetch_bytes: int | None = _limit(COUNT, fetched=True)
    max_fetch_s: float | None = _limit(SECONDS, fetched=True)
    host_delay_s: float | None = _limit(SECONDS, fetched=True)
    host_connections: int | None = _limit(NOT_NONE, fetched=True)
    poll_least_s: float | None = _limit(SECONDS, fetched=True)

    @classmethod
    def parse(cls, declared: object, fetched: bool) -> SourceLimits:
        """The limits that sources.toml declares.

        fetched  whether the source is one on the web

        Raises ValueError whose text says what is wrong, and begins with "limits".
        """
        allowed = {each.name: each.metadata["takes"] for each in fields(cls) if fetched or not each.metadata["fetched"]}
        if not isinstance(declared, Mapping):
            raise ValueError(f"limits must be a table of {', '.join(allowed)}")
        for name, value in declared.items():
            if name not in allowed:
                of_web = "is for sources that are fetched" if name in cls.__slots__ else "is no limit"
                raise ValueError(f"limits.{name} {of_web}; there are {', '.join(allowed)}")
            if not _is_valid(value, allowed[name]):
                raise ValueError(f"limits.{name} must be {allowed[name]}, not {value!r}")
        return cls(**declared)

    def over(self, settings: Settings) -> Settings:
        """The settings, with these limits in the place of theirs."""
        own = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}
        return replace(settings, **own)


def _is_valid(value: object, takes: str) -> bool:
    if takes == SPAN:
        try:
            return isinstance(value, str) and span(value) is not None
        except ValueError:
            return False
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    if takes in (COUNT, NOT_NONE) and isinstance(value, float):
        return False
    least, most = BOUNDS.get(takes, (0, math.inf))
    return least <= value <= most


NO_LIMITS = SourceLimits()
