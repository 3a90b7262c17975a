"""What documents say of the terms of their use: the kinds of statements, and where each kind stands.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

RightsKind = Literal["reservation", "policy", "robots", "licence", "usage", "holder", "notice", "year", "free"]
"""Reservation and policy of text and data mining (TDMRep); robots: directives that bear on rights; licence; usage
terms; holder, notice and year of the copyright; free: whether it may be read without paying."""


class Statement(NamedTuple):
    """value: as it stands there; where: "header x-robots-tag", "meta dc.rights", "jsonld license", "field rights" …"""

    kind: RightsKind
    value: str
    where: str


HEADERS: Mapping[str, RightsKind] = {
    "tdm-reservation": "reservation", "tdm-policy": "policy", "x-robots-tag": "robots", "link": "licence",
}  # fmt: skip
"""Headers of an HTTP answer, in lower case; a link counts where its relation is license."""
_NAMES: Mapping[RightsKind, tuple[str, ...]] = {
    "reservation": ("tdmreservation", "tdmreserved"),
    "policy": ("tdmpolicy",),
    "robots": ("xrobotstag", "robots"),
    "licence": ("license", "licence", "licenseurl", "licenceurl", "linklicense"),
    "usage": ("usageterms", "usageinfo", "rightsinfo", "rightsline", "usagetype", "docrights"),
    "holder": ("copyrightholder", "rightsholder", "doccopyrightholder"),
    "notice": ("copyrightnotice", "copyright", "copyrightline", "rights"),
    "year": ("copyrightyear", "copyrightdate", "doccopyrightyear"),
    "free": ("isaccessibleforfree", "freetoread"),
}
FIELDS: Mapping[str, RightsKind] = {name: kind for kind, names in _NAMES.items() for name in names}
"""Fields of a record, as schemas.field_names.plain_name writes their names."""
