"""Links that come and go while files are opened: none leads out of a source's folder, whenever it appears."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from contextlib import closing
from pathlib import Path

from etl.sources.discover import Within

REFUSED = "a link out of the source's folder"


def flip(inbox: Path, outside: Path) -> None:
    """Put links in the place of files, and of their folder, and take them away again, until the process is killed."""
    chance, spare = random.Random(5), inbox.with_name("spare")
    files = sorted(inbox.iterdir())
    while True:
        place = chance.choice([inbox, *files])
        place.rename(spare)
        place.symlink_to(outside if place == inbox else outside / place.name)
        place.unlink()
        spare.rename(place)


def test_no_link_leads_out_of_the_folder_whenever_it_appears(tmp_path: Path) -> None:
    inbox, outside = tmp_path / "source/inbox", tmp_path / "outside"
    names = [f"{number}.txt" for number in range(3)]
    for folder in (inbox, outside):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text(folder.name)
    flipping = multiprocessing.get_context("fork").Process(target=flip, args=(inbox, outside))
    flipping.start()
    found = Counter[str]()
    try:
        while found[REFUSED] < 100 and found.total() < 500_000:
            with closing(Within((str(tmp_path / "source"),))) as within:
                try:
                    with within.open(str(inbox / names[found.total() % 3])) as file:
                        found[file.read().decode()] += 1
                except OSError as error:
                    found[str(error.strerror)] += 1
    finally:
        flipping.kill()
        flipping.join()
    assert set(found) <= {"inbox", REFUSED, "No such file or directory"}
    assert found[REFUSED] == 100
