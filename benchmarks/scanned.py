"""Scanned newspapers, from a seed: wire stories that papers print within a week, cut, joined and misread; with truth.

    python -m benchmarks.scanned N OUT.jsonl [--seed S] [--profile folded|even]

OUT has records {"id", "text", "date", "story"}; copies of one story are duplicates, texts of two stories are not.  Half
of the stories are printed once.  Among them are bulletins that differ in figures alone and stories that quote
paragraphs of another: they are alike, and no duplicates.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.news import Newsroom

WEEK = 7
FIRST_DAY = np.datetime64("1955-03-07")
PRINTED_ONCE = 0.5  # of the stories
QUOTING = 0.1  # of the stories: they have paragraphs of another
RIVAL = 0.1  # of the stories: another reporter's on the same matter, with the same names and many of the same words
MOST_COPIES = 40
LINE = (28, 42)  # characters of a column
CONFUSED = {
    "a": "ons", "b": "hl6", "c": "eo", "d": "cl", "e": "co", "f": "tr", "g": "qy9", "h": "bn", "i": "lj1", "j": "i",
    "k": "h", "l": "i1t", "m": "nr", "n": "um", "o": "ce0", "p": "n", "q": "g", "r": "tn", "s": "5a", "t": "fl",
    "u": "nv", "v": "yu", "w": "vm", "x": "z", "y": "v", "z": "2", "0": "o", "1": "li", "2": "z", "3": "8", "5": "s",
    "6": "b", "8": "3", "9": "g",
}  # fmt: skip
"""What a scanner takes a letter or figure for."""
ANY = "abcdefghijklmnopqrstuvwxyz.,'-~^"


@dataclass(frozen=True, slots=True)
class Profile:
    """How papers and scanners damage a text.

    least, most  share of characters misread in a copy; skew above 1 makes the low end more frequent
    clumps       shape of the gamma distribution of a line's share: the smaller, the more the errors stand together
    confused     share of wrong letters that are taken for one of the like shape, rather than for any
    cut, beheaded, joined, swapped, edited   share of copies without their end, without their beginning, with text of
                 the next column behind them, with the parts of two columns in the wrong order, with a paragraph less
    """

    least: float = 0.02
    most: float = 0.12
    skew: float = 3.0
    clumps: float = 0.2
    confused: float = 0.7
    cut: float = 0.5
    beheaded: float = 0.08
    joined: float = 0.2
    swapped: float = 0.08
    edited: float = 0.2


PROFILES = {
    "folded": Profile(),
    "even": Profile(skew=4.0, clumps=0.6, confused=0.3, cut=0.4, beheaded=0.15, joined=0.3, swapped=0.15, edited=0.1),
}
"""The first is calibrated; the second is what a recipe that was fitted to the first is tried on."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A text as scanned, and the number of its story; date is ISO."""

    id: str
    text: str
    date: str
    story: int


class _Press:
    """Prints and scans texts."""

    def __init__(self, room: Newsroom, draw: np.random.RandomState, profile: Profile) -> None:
        self._room, self._draw, self._profile = room, draw, profile

    def printed(self, text: str, neighbour: str) -> str:
        """A copy as a paper sets it: cut, joined with its neighbour, edited, below a headline of its own."""
        draw, profile = self._draw, self._profile
        headline, _, body = text.partition("\n\n")
        parts = body.split("\n\n")
        if len(parts) > 3 and draw.random_sample() < profile.edited:
            parts.pop(draw.randint(1, len(parts)))
        words = " ¶ ".join(parts).split(" ")
        if draw.random_sample() < profile.cut:
            words = words[: max(25, int(len(words) * draw.uniform(0.25, 0.95)))]
        if draw.random_sample() < profile.beheaded:
            words = words[int(len(words) * draw.uniform(0.05, 0.3)) :]
        if draw.random_sample() < profile.swapped:
            at = int(len(words) * draw.uniform(0.3, 0.7))
            words = words[at:] + words[:at]
        if draw.random_sample() < profile.joined:
            beside = neighbour.replace("\n\n", " ¶ ").split(" ")
            words += beside[-max(10, int(len(words) * draw.uniform(0.1, 0.6))) :]
        if draw.random_sample() < 0.5:
            headline = " ".join(self._room.words(6))
        return f"{headline}\n\n{' '.join(words)}".replace(" ¶ ", "\n\n").replace("¶", "")

    def scanned(self, text: str) -> str:
        """The text as read from the page, line by line."""
        draw, profile = self._draw, self._profile
        rate = profile.least + (profile.most - profile.least) * draw.random_sample() ** profile.skew
        lines = self._set(text)
        clumps = draw.gamma(profile.clumps, 1 / profile.clumps, len(lines))
        return "\n".join(
            self._misread(line, min(0.5, rate * share)) for line, share in zip(lines, clumps.tolist(), strict=True)
        )

    def _set(self, text: str) -> list[str]:
        """Lines of a column, words hyphenated at their ends."""
        width = self._draw.randint(*LINE)
        lines: list[str] = []
        for paragraph in text.split("\n\n"):
            line = ""
            for word in paragraph.split(" "):
                if len(line) + len(word) < width:
                    line += word + " "
                    continue
                room = width - len(line)
                if len(word) > 6 and 2 < room < len(word) - 2 and word.isalpha():
                    lines.append(f"{line}{word[:room]}-")
                    line = word[room:] + " "
                else:
                    lines.append(line.rstrip())
                    line = word + " "
            lines.append(line.rstrip())
        return lines

    def _misread(self, line: str, rate: float) -> str:
        draw, letters = self._draw, list(line)
        for at in np.flatnonzero(draw.random_sample(len(letters)) < rate).tolist():
            letter, what = letters[at], draw.random_sample()
            if letter == " ":
                letters[at] = "" if what < 0.7 else ANY[draw.randint(len(ANY))]
            elif what < 0.12:
                letters[at] = ""
            elif what < 0.2:
                letters[at] = letter + ANY[draw.randint(len(ANY))]
            elif what < 0.28:
                letters[at] = letter + " "
            elif draw.random_sample() < self._profile.confused and letter.lower() in CONFUSED:
                like = CONFUSED[letter.lower()]
                letters[at] = like[draw.randint(len(like))]
            else:
                letters[at] = ANY[draw.randint(len(ANY))]
        return "".join(letters)


def corpus(
    count: int, seed: int = 5, profile: Profile = PROFILES["folded"], texts: Sequence[str] | None = None
) -> Iterator[Scan]:
    """Scans in no order of their stories; of a day of the week from the one on which the story broke.

    texts  stories to print, instead of generated ones; more than half of count
    """
    draw = np.random.RandomState(seed ^ 0x5CA9)
    room = Newsroom(seed)
    press = _Press(room, draw, profile)
    stories = _stories(room, draw, count) if texts is None else [f"\n\n{text}" for text in texts]
    copies = np.where(draw.random_sample(count) < PRINTED_ONCE, 1, 1 + np.minimum(draw.zipf(1.9, count), MOST_COPIES))
    of = np.repeat(np.arange(count), copies)[:count]
    order = draw.permutation(count)
    for number, at in enumerate(order.tolist()):
        story = int(of[at])
        neighbour = stories[draw.randint(int(of[-1]) + 1)]
        day = FIRST_DAY + int(story % WEEK + draw.randint(WEEK) // 2)
        text = press.scanned(press.printed(stories[story], neighbour))
        yield Scan(str(number), text, str(day), story)


def _stories(room: Newsroom, draw: np.random.RandomState, count: int) -> list[str]:
    stories = room.articles(count)
    for n in np.flatnonzero(draw.random_sample(count) < QUOTING).tolist():
        quoted = stories[draw.randint(count)].split("\n\n")[1:]
        at = draw.randint(max(1, len(quoted) - 1))
        stories[n] = "\n\n".join([*stories[n].split("\n\n"), *quoted[at : at + 2]])
    for n in np.flatnonzero(draw.random_sample(count) < RIVAL).tolist():
        stories[n] = _retold(stories[draw.randint(count)], room, draw)
    return stories


def _retold(text: str, room: Newsroom, draw: np.random.RandomState) -> str:
    """The same matter in other words: sentences in another order, names and figures kept, half of all else replaced."""
    headline, _, body = text.partition("\n\n")
    sentences = [part for part in body.replace("\n\n", " ").split(". ") if part]
    told = []
    for at in draw.permutation(len(sentences)).tolist():
        words = sentences[at].split(" ")
        others = room.words(len(words))
        kept = draw.random_sample(len(words)) < 0.5
        told.append(" ".join(w if k or not w.islower() else o for w, o, k in zip(words, others, kept, strict=True)))
    paragraphs = [". ".join(told[at : at + 3]) + "." for at in range(0, len(told), 3)]
    return "\n\n".join([headline, *paragraphs])


def write(scans: Iterator[Scan], path: Path) -> None:
    """Records to path, whole or not at all."""
    partial = path.with_suffix(".tmp")
    with open(partial, "w", encoding="utf-8") as out:
        for scan in scans:
            record = {"id": scan.id, "text": scan.text, "date": scan.date, "story": scan.story}
            out.write(json.dumps(record) + "\n")
    partial.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="folded")
    asked = parser.parse_args()
    write(corpus(asked.count, asked.seed, PROFILES[asked.profile]), asked.out)


if __name__ == "__main__":
    main()
