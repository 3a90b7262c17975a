"""Where things lie."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SEEDS = ROOT / "seeds"
SAMPLES = ROOT / "tests" / "samples"


def found_in(page: str, pattern: str) -> str:
    """The first group of the first match on a page."""
    found = re.search(pattern, page, re.DOTALL)
    assert found, f"the page has nothing of the form {pattern}"
    return found[1]
