"""The pages in a browser: nothing hinders those who read them by ear or by keyboard, on a phone, or in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.pictures import CHROMIUM, PICTURES, browser, fill, written

MAX_BYTES = 300_000  # of all pictures
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; `make e2e` installs it")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return written(fill(folder), folder / "pages")


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request: pytest.FixtureRequest) -> Iterator[Any]:
    narrow = {"width": 400, "height": 800}
    with browser(str(CHROMIUM), viewport=narrow, color_scheme=request.param) as page:
        yield page


def test_no_page_has_a_serious_fault_of_accessibility_nor_is_wider_than_a_phone(
    files: dict[str, Path], page: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types

    faults, wide = [], []
    for name, path in files.items():
        page.goto(path.as_uri())
        found = Axe().run(page).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        faults += [f"{name}: {each['id']}: {each['help']}" for each in serious]
        if page.evaluate("document.documentElement.scrollWidth") > 400:
            wide.append(name)
    assert faults == []
    assert wide == []


def test_the_pictures_of_the_docs_are_few_bytes() -> None:
    sizes = [path.stat().st_size for path in PICTURES.iterdir()]
    assert 0 < sum(sizes) < MAX_BYTES
