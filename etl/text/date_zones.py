"""Time zones by abbreviation, region and offset, and what a language tag says of them.  Pure."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "MET": 1, "HNEC": 1,
    "CEST": 2, "MESZ": 2, "MEST": 2, "CEDT": 2, "HAEC": 2, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3, "EET": 2,
    "EEST": 3, "MSK": 3, "MCK": 3, "MSD": 4, "TRT": 3, "IDT": 3, "IRST": 3.5, "GST": 4, "AFT": 4.5, "PKT": 5, "UZT": 5,
    "IST": 5.5, "SLST": 5.5, "NPT": 5.75, "MMT": 6.5, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9, "HKT": 8, "SGT": 8,
    "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12,
    "NZDT": 13, "NST": -3.5, "NDT": -2.5, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "HAST": -10, "BRT": -3, "ART": -3, "CLT": -4,
    "CLST": -3, "COT": -5, "PET": -5, "VET": -4, "BOT": -4, "UYT": -3,
}  # fmt: skip
"""Hours east of Greenwich by abbreviation; of one with several meanings, the commonest in news."""
ZONES_BY_COUNTRY: dict[str, dict[str, float]] = {
    "IST": {"IE": 1, "IL": 2}, "BST": {"BD": 6}, "CST": {"CN": 8, "TW": 8, "MO": 8, "CU": -5, "AU": 9.5},
    "EST": {"AU": 10}, "EDT": {"AU": 11}, "CDT": {"AU": 10.5, "CU": -4}, "PST": {"PH": 8}, "MST": {"MY": 8},
    "AST": {"SA": 3, "BH": 3, "IQ": 3, "KW": 3, "QA": 3, "YE": 3},
}  # fmt: skip
"""Hours east of Greenwich by abbreviation, where a country means another zone by it."""
REGIONS = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
"""Zones of the United States whose abbreviation leaves open whether it is summer time."""
COUNTRIES = {"ga": "IE", "he": "IL", "bn": "BD", "zh": "CN", "fil": "PH", "tl": "PH", "ms": "MY", "ar": "SA"}
"""The country to assume for a language whose tag names none, where it decides an abbreviation."""


def split_locale(locale: str | None) -> tuple[str, str]:
    """(language, country) of a tag such as "en-GB", "pt_BR" or "de"; "" for a part it has not."""
    if not locale:
        return "", ""
    language, *others = locale.replace("_", "-").split("-")[:4]
    country = next((part.upper() for part in others if len(part) == 2 and part.isalpha()), "")
    return (language.lower(), country) if 2 <= len(language) <= 3 and language.isalpha() else ("", "")


def fixed_zone(sign: str, hours: int, minutes: int) -> timezone:
    """The zone of an offset.  Raises ValueError for one of more than 14 hours, which no place has."""
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > timedelta(hours=14):
        raise ValueError(f"no place is {hours}:{minutes:02} from Greenwich")
    return timezone(-offset if sign == "-" else offset)


def named_zone(name: str, locale: str | None) -> tzinfo:
    """The zone of an abbreviation, by the locale's country where several countries use it, or of a region.

    Raises ValueError for a region that the time zone database has not.
    """
    if name in REGIONS or "/" in name:
        try:
            return ZoneInfo(REGIONS.get(name, name))
        except (ZoneInfoNotFoundError, OSError) as error:  # OSError: "Europe" is a folder
            raise ValueError(f"no such zone: {name}") from error
    language, country = split_locale(locale)
    by_country = ZONES_BY_COUNTRY.get(name.upper(), {})
    hours = by_country.get(country or COUNTRIES.get(language, ""), ZONES[name.upper()])
    return timezone(timedelta(hours=hours))
