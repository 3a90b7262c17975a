"""How much is measured, on which corpora, and who takes part."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import environments, news
from benchmarks.environments import HOME, Unavailable
from etl.fingerprint.recipe import Recipe

Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    size     articles in the corpus that contenders share
    growth   sizes of the archives that are grown
    copies   of the template
    levels   articles a level of damage
    pages    generated pages
    archive  made-up articles in the store that consumers ask
    texts    a folder of articles to make the corpus of, instead of generated ones
    sets     sets of pages with gold texts
    """

    size: int
    growth: tuple[int, ...]
    copies: tuple[int, ...]
    levels: int
    pages: int
    archive: int
    rounds: int = 3
    peers: bool = True
    seed: int = 7
    texts: str | None = None
    sets: tuple[str, ...] = ()


FULL = Plan(8_000, (10_000, 50_000), (12_500, 25_000), 100, 300, 100_000)  # some twenty minutes on two cores
LARGE = Plan(20_000, (10_000, 100_000, 1_000_000), (25_000, 50_000, 100_000), 100, 300, 1_000_000)  # what is committed
QUICK = Plan(3_000, (3_000, 10_000), (5_000, 10_000), 30, 100, 10_000, peers=False)


class Entrant(NamedTuple):
    script: str
    python: Path
    versions: dict[str, str]


def entrants(
    names: Mapping[str, tuple[str, str | None]], plan: Plan, say: Say
) -> tuple[dict[str, Entrant], dict[str, str]]:
    """Those that can take part, and why the others cannot.

    names  {name: (script, environment)}; wirecopy's own environment is None
    """
    found: dict[str, Entrant] = {}
    missing: dict[str, str] = {}
    for name, (script, environment) in names.items():
        if environment is None:
            found[name] = Entrant(script, Path(sys.executable), {})
        elif plan.peers:
            try:
                python = environments.python_of(environment)
                found[name] = Entrant(script, python, environments.versions(environment))
            except Unavailable as error:
                missing[name] = str(error)
                say(f"{name} is left out: {error}")
    return found, missing


def job() -> dict[str, Any]:
    """What all contenders are asked for."""
    recipe = Recipe()
    return {"shingle": recipe.shingle, "permutations": recipe.permutations, "threshold": recipe.threshold}


def corpus(name: str, make: Callable[[], Iterator[news.Planted]]) -> Path:
    """A corpus file, made once for each version of the generator."""
    code = b"".join((Path(news.__file__).parent / file).read_bytes() for file in ("news.py", "words.py"))
    path = HOME / "data" / f"{name}-{blake2b(code, digest_size=4).hexdigest()}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        news.write(make(), path)
    return path


def shared_corpus(plan: Plan) -> Path:
    """The corpus that contenders share."""
    if plan.texts is None:
        return corpus(f"news-{plan.size}-s{plan.seed}", lambda: news.corpus(plan.size, plan.seed))
    folder = plan.texts
    name = f"{Path(folder).resolve().name}-{plan.size}-s{plan.seed}"
    return corpus(name, lambda: news.corpus(plan.size, plan.seed, news.read_texts(folder)))


def records(path: Path) -> tuple[list[str], list[str]]:
    """Ids and texts of a corpus."""
    with open(path, encoding="utf-8") as file:
        listed = [json.loads(line) for line in file]
    return [record["id"] for record in listed], [record["text"] for record in listed]


def described(path: Path, plan: Plan) -> dict[str, Any]:
    ids, texts = records(path)
    return {
        "texts": len(ids),
        "mb": round(sum(len(text.encode()) for text in texts) / 1e6, 2),
        "made_of": Path(plan.texts).resolve().name if plan.texts else "generated",
        "seed": plan.seed,
    }
