"""docs/deployment.md: the settings that it has."""

from __future__ import annotations

import re

from tests.support.paths import ROOT


def documented(heading: str) -> dict[str, str]:
    """Settings of the block below a line of the page."""
    text = (ROOT / "docs/deployment.md").read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    block = text.split("```\n", 2)[1]
    return dict(line.split("=", 1) for line in block.splitlines() if re.match("[A-Z]", line))
