"""Texts of invented stories, and days of them."""

from __future__ import annotations

import random
from datetime import date, timedelta


def story(number, *changes, words=60):
    """A text of its own vocabulary, with some words changed."""
    body = [f"{number}word{i}" for i in range(words)]
    for at, word in changes:
        body[at] = word
    return f"Headline {number}\n\n" + " ".join(body) + "."


def history(seed, root):
    """Files of several days: {day: folder}; copies, near-copies, revisions and repeats among them."""
    random_ = random.Random(seed)
    folders = {}
    for n in range(5):
        day = date(2026, 3, 1) + timedelta(days=n)
        folder = root / f"{day:%Y/%m/%d}"
        folder.mkdir(parents=True)
        for _ in range(random_.randint(1, 5)):
            number, name = random_.randint(1, 4), f"{random_.choice('abcdefgh')}.txt"
            changes = [
                (random_.randrange(60), f"new{random_.randrange(9)}") for _ in range(random_.choice([0, 0, 1, 2, 4]))
            ]
            (folder / name).write_text(story(number, *changes, words=random_.choice([60, 60, 66, 75])))
        folders[day] = folder
    return folders
