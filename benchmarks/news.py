"""A news corpus of any size, from a seed: articles, bulletins that differ in numbers alone, planted near-duplicates.

    python -m benchmarks.news N OUT.jsonl [--seed S] [--texts FOLDER]

OUT has records {"id", "text"}; OUT.copies.jsonl says which were planted: {"id", "copy_of", "kind"}.  With --texts the
originals are what wirecopy reads in that folder (Reuters-21578's .sgm.gz, JSON lines, anything), then articles made of
their paragraphs.  A corpus of N begins every larger one of the same seed; memory does not grow with N.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import words

BLOCK = 512  # articles made at once
COPIES = 0.3  # of a block
BULLETIN_SHARE = 0.05  # of the originals
WINDOW = 16 * BLOCK  # texts that copies are taken of
SERIES_EVERY = 400  # articles to each new series of bulletins
_SKEW = 1.6  # the power of a uniform draw that picks a word: some are more frequent

Make = Callable[[int], list[str]]


@dataclass(frozen=True, slots=True)
class Planted:
    """A text of a corpus; copy_of is the id of what it was made from, None for an original."""

    id: str
    text: str
    copy_of: str | None
    kind: str


class _Sentences:
    """Sentences as rows of numbers: each word is a list to draw from, given by where it starts and how long it is."""

    def __init__(self) -> None:
        self.vocabulary: list[str] = []
        self.lists: dict[str, tuple[int, int, int]] = {}  # word of a sentence -> first, count, what it recurs as
        self.codes: list[int] = []
        self.starts: list[int] = []
        self.table: list[tuple[int, int, int]] = []
        self.figures: list[bool] = []
        self._code: dict[str, int] = {}

    def add(self, sentence: str) -> int:
        """The number of a sentence."""
        self.starts.append(len(self.codes))
        for word in sentence.split(" "):
            if word not in self._code:
                self._code[word] = len(self.table)
                self._add_list(word)
            self.codes.append(self._code[word])
        return len(self.starts) - 1

    def _add_list(self, word: str) -> None:
        before, brace, rest = word.partition("{")
        name, _, after = rest.partition("}")
        listed = words.LISTS[name.lower()] if brace else [word]
        if name[:1].isupper():
            listed = [w[0].upper() + w[1:] for w in listed]
        recurs = words.RECURRING.index(name.lower()) if name.lower() in words.RECURRING else -1
        self.table.append((len(self.vocabulary), len(listed), recurs))
        self.figures.append(name.lower() in words.FIGURE_LISTS)
        self.vocabulary += [before + w + after for w in listed] if brace else listed

    def arrays(self) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The words; codes of all sentences; where each begins; (first, count, recurs) of each code."""
        return (
            np.array(self.vocabulary, dtype=object),
            np.array(self.codes),
            np.array([*self.starts, len(self.codes)]),
            np.array(self.table),
        )


class Newsroom:
    """Articles by the block."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.RandomState(seed)  # its streams are the same in every version of numpy
        self._seed = seed
        made = _Sentences()
        ended = {True: ".\n\n", False: "."}
        self._headlines = [made.add(f"{line}\n\n") for line in words.HEADLINES]
        self._prose = {
            last: np.array([made.add(line[:-1] + end if line.endswith(".") else line) for line in words.SENTENCES])
            for last, end in ended.items()
        }
        self._bulletins = [
            (made.add(f"{title}\n\n"), [made.add(line) for line in lines])
            for title, lines in zip(words.BULLETIN_TITLES, words.BULLETINS, strict=True)
        ]
        self._figures = np.array(made.figures)
        self._vocabulary, self._codes, self._starts, self._table = made.arrays()
        self._made = 0

    def words(self, count: int) -> list[str]:
        """Any words."""
        return list(self._vocabulary[self._draw.randint(0, len(self._vocabulary), count)])

    def articles(self, count: int) -> list[str]:
        """New articles, some of them bulletins."""
        bulletin = self._draw.random_sample(count) < BULLETIN_SHARE
        series = self._draw.randint(0, 20 + self._made // SERIES_EVERY, count)
        self._made += count
        lengths = np.clip(np.exp(self._draw.normal(3.0, 0.5, count)), 4, 150).astype(int)
        plans = [
            self._bulletin_plan(int(series[n])) if bulletin[n] else self._article_plan(int(lengths[n]))
            for n in range(count)
        ]
        return self._spelled(plans, np.where(bulletin, series, -1))

    def _article_plan(self, sentences: int) -> NDArray[np.int64]:
        picked = self._draw.randint(0, len(words.SENTENCES), sentences)
        last = np.arange(1, sentences + 1) % 3 == 0
        plan = np.where(last, self._prose[True][picked], self._prose[False][picked])
        return np.concatenate([[self._headlines[self._draw.randint(len(self._headlines))]], plan])

    def _bulletin_plan(self, series: int) -> NDArray[np.int64]:
        title, lines = self._bulletins[series % len(self._bulletins)]
        return np.array([title, *lines, *lines, *lines, *lines])

    def _spelled(self, plans: list[NDArray[np.int64]], series: NDArray[np.int64]) -> list[str]:
        """Sentences to texts: a word drawn for each place, all articles at once."""
        sentences = np.concatenate(plans)
        lengths = (self._starts[1:] - self._starts[:-1])[sentences]
        before = np.cumsum(lengths) - lengths
        at = np.arange(lengths.sum()) - np.repeat(before - self._starts[sentences], lengths)
        codes = self._codes[at]
        sizes = np.add.reduceat(lengths, np.cumsum([0, *map(len, plans)])[:-1])
        article = np.repeat(np.arange(len(plans)), sizes)
        first, count, recurs = self._table[codes].T
        chance = self._draw.random_sample(len(codes))
        few = self._draw.random_sample((len(plans), len(words.RECURRING), 3))
        topical = recurs >= 0
        chance[topical] = few[article[topical], recurs[topical], (chance[topical] * 3).astype(int)]
        self._fix_series(chance, codes, article, series, sizes)
        drawn = self._vocabulary[first + (chance**_SKEW * count).astype(int)].tolist()
        ends = np.cumsum(sizes).tolist()
        return [
            " ".join(drawn[end - size : end]).replace("\n\n ", "\n\n").rstrip()
            for end, size in zip(ends, sizes.tolist(), strict=True)
        ]

    def _fix_series(
        self,
        chance: NDArray[np.float64],
        codes: NDArray[np.int64],
        article: NDArray[np.int64],
        series: NDArray[np.int64],
        sizes: NDArray[np.int64],
    ) -> None:
        """In a bulletin all but the figures is as its series has it."""
        ends = np.cumsum(sizes)
        for n in np.flatnonzero(series >= 0):
            of = slice(ends[n] - sizes[n], ends[n])
            fixed = ~self._figures[codes[of]]
            own = np.random.RandomState((self._seed * 1_000_003 + int(series[n])) % (1 << 32)).random_sample(sizes[n])
            chance[of][fixed] = own[fixed]


class _Editor:
    """The ways in which a text is printed again."""

    def __init__(self, room: Newsroom, draw: np.random.RandomState) -> None:
        self._room, self._draw = room, draw
        self._kinds = [
            self.words,
            self.trim,
            self.boilerplate,
            self.paragraph,
            self.headline,
            self.figures,
            self.noise,
            self.case,
            self.exact,
        ]

    def edit(self, text: str) -> tuple[str, str]:
        """(a copy, its kind)."""
        kind = self._kinds[self._draw.randint(len(self._kinds))]
        return kind(text), kind.__name__

    def words(self, text: str) -> str:
        parts = text.split(" ")
        rate = (0.005, 0.01, 0.02, 0.04, 0.08)[self._draw.randint(5)]
        changed = np.flatnonzero(self._draw.random_sample(len(parts)) < rate).tolist()
        for at, word in zip(changed, self._room.words(len(changed)), strict=True):
            parts[at] = word
        return " ".join(parts)

    def trim(self, text: str) -> str:
        return truncated(text, self._draw.uniform(0.02, 0.4))

    def boilerplate(self, text: str) -> str:
        if self._draw.randint(2):
            return f"{text}\n\n{words.NOTICES[self._draw.randint(len(words.NOTICES))]}"
        return f"{text}\n\n{' '.join(self._room.words(self._draw.randint(10, 120)))}"

    def paragraph(self, text: str) -> str:
        paragraphs = text.split("\n\n")
        if len(paragraphs) > 2:
            paragraphs.pop(self._draw.randint(1, len(paragraphs)))
        return "\n\n".join(paragraphs)

    def headline(self, text: str) -> str:
        return f"{' '.join(self._room.words(7))}\n\n{text.partition(chr(10) * 2)[2] or text}"

    def figures(self, text: str) -> str:
        parts = text.split(" ")
        found = [n for n, word in enumerate(parts) if word.isdigit()]
        for at in found[: 1 + self._draw.randint(3)]:
            parts[at] = str(int(parts[at]) + 1 + self._draw.randint(9))
        return " ".join(parts)

    def noise(self, text: str) -> str:
        return noisy(text, (0.0005, 0.001, 0.003, 0.01)[self._draw.randint(4)], self._draw)

    def case(self, text: str) -> str:
        return text.upper().replace(" ", "  ").replace(",", " -")

    def exact(self, text: str) -> str:
        return text


def truncated(text: str, share: float) -> str:
    """The text without its last words."""
    parts = text.split(" ")
    return " ".join(parts[: max(1, round(len(parts) * (1 - share)))])


def noisy(text: str, rate: float, draw: np.random.RandomState) -> str:
    """The text with that share of its characters read as others, as a scanner would."""
    letters = list(text)
    for at in np.flatnonzero(draw.random_sample(len(letters)) < rate).tolist():
        if letters[at].isalnum():
            letters[at] = "abcdefghijklmnopqrstuvwxyz"[draw.randint(26)]
    return "".join(letters)


def corpus(count: int, seed: int = 7, texts: list[str] | None = None) -> Iterator[Planted]:
    """A corpus: originals and copies of them, and of copies, in mixed order.

    texts  originals to begin with; afterwards articles of their paragraphs
    """
    draw = np.random.RandomState(seed ^ 0x5EED)
    room = Newsroom(seed)
    editor, make = _Editor(room, draw), room.articles if texts is None else _Recombined(texts, draw).articles
    window: list[tuple[str, str]] = []
    copies = int(BLOCK * COPIES)
    for begin in range(0, count, BLOCK):
        ids = [str(begin + int(n)) for n in draw.permutation(BLOCK)]
        block = [Planted(i, text, None, "original") for i, text in zip(ids, make(BLOCK - copies), strict=False)]
        window += [(p.id, p.text) for p in block]
        for own in ids[BLOCK - copies :]:
            of, text = window[draw.randint(len(window))]
            copy, kind = editor.edit(text)
            block.append(Planted(own, copy, of, kind))
            window.append((own, copy))
        window = window[-WINDOW:]
        block.sort(key=lambda planted: int(planted.id))
        yield from block[: count - begin]


class _Recombined:
    """Given texts, each once, then articles of their paragraphs."""

    def __init__(self, texts: list[str], draw: np.random.RandomState) -> None:
        self._draw, self._texts = draw, [texts[n] for n in draw.permutation(len(texts))]
        self._paragraphs = [p for text in self._texts for p in text.split("\n\n") if len(p) > 40]
        if not self._paragraphs:
            raise SystemExit("the texts have no paragraph of more than 40 characters to make articles of")

    def articles(self, count: int) -> list[str]:
        given, self._texts = self._texts[:count], self._texts[count:]
        sizes = self._draw.randint(6, 20, count - len(given))
        chosen = [self._draw.randint(0, len(self._paragraphs), size) for size in sizes]
        return given + ["\n\n".join(self._paragraphs[p] for p in picked) for picked in chosen]


NOISE: dict[str, tuple[float, ...]] = {
    "characters changed": (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1),
    "text cut off": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
    "boilerplate added": (0.1, 0.2, 0.3, 0.45, 0.7, 1.0),
}
"""Kinds of damage to a copy, and how much of the text each concerns."""


def damaged(per_level: int, seed: int = 11) -> Iterator[Planted]:
    """Articles, each with one copy that is damaged; the copy's kind is "kind|level"."""
    draw, room, number = np.random.RandomState(seed), Newsroom(seed), 0
    for kind, levels in NOISE.items():
        for level in levels:
            for text in room.articles(per_level):
                if kind == "characters changed":
                    copy = noisy(text, level, draw)
                elif kind == "text cut off":
                    copy = truncated(text, level)
                else:
                    copy = f"{text}\n\n{' '.join(room.words(round(len(text.split()) * level)))}"
                yield Planted(str(number), text, None, "original")
                yield Planted(str(number + 1), copy, str(number), f"{kind}|{level}")
                number += 2


def template(count: int, seed: int = 7) -> Iterator[Planted]:
    """Near-copies of one text of 500 words, each with five words of its own."""
    draw = np.random.RandomState(seed)
    text = [f"word{n}" for n in range(500)]
    for number in range(count):
        copy = text[:]
        for at in draw.randint(0, 500, 5).tolist():
            copy[at] = f"own{number}"
        yield Planted(str(number), " ".join(copy), None, "template")


def write(planted: Iterator[Planted], path: Path) -> None:
    """Records to path, what was planted beside it; whole or not at all."""
    partial = path.with_suffix(".tmp")
    with open(partial, "w", encoding="utf-8") as out, open(copies_of(path), "w", encoding="utf-8") as truth:
        for text in planted:
            out.write(json.dumps({"id": text.id, "text": text.text}, ensure_ascii=False) + "\n")
            if text.copy_of is not None:
                truth.write(json.dumps({"id": text.id, "copy_of": text.copy_of, "kind": text.kind}) + "\n")
    partial.rename(path)


def copies_of(path: Path) -> Path:
    return path.with_suffix(".copies.jsonl")


def read_texts(folder: str) -> list[str]:
    """Bodies of all articles that wirecopy reads in a folder or file."""
    from etl.errors import Rejected
    from etl.extract.article import extract
    from etl.read.files import read
    from etl.sources.discover import find_files
    from etl.sources.source import from_locations
    from schemas.records import RawDocument

    (source,) = from_locations((folder,), None)
    texts = []
    for file in find_files(source, None):
        with open(Path(source.root) / file.path, "rb") as stream:
            for document in read(stream, file.path, None, 20_000_000):
                if isinstance(document, RawDocument):
                    try:
                        texts.append(extract(document, source.name, None).body)
                    except Rejected:
                        continue
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--texts", metavar="FOLDER")
    given = parser.parse_args()
    write(corpus(given.count, given.seed, read_texts(given.texts) if given.texts else None), given.out)


if __name__ == "__main__":
    main()
