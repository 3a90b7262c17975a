"""The step of scanned newspapers: how well copies are found in what a scanner misread, against the truth."""

from __future__ import annotations

import json
import resource
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import measure, scanned
from benchmarks.environments import HOME
from benchmarks.measure import Done
from benchmarks.news import read_texts
from benchmarks.plan import Plan, Say, entrants
from benchmarks.score import adjusted_rand
from benchmarks.steps_store import ingest
from etl.fingerprint.recipe import SCANNED, Recipe

SIZE = 5_000
LEAST_CHARACTERS = 700  # of given texts that are printed
HELD_OUT = 12  # added to the seed: of the corpora on which nothing was tried while the recipe was made
TEXT_DEDUP = {"shingle": 2, "permutations": 256, "threshold": 0.45, "check": "false"}
"""Its settings for NEWS-COPY, for which it publishes an adjusted Rand index of 0.7293."""


def step(plan: Plan, say: Say) -> dict[str, Any]:
    """Adjusted Rand index by corpus and contender, and articles a CPU second of `wirecopy run`."""
    size = min(plan.size, SIZE)
    peers, missing = entrants(
        {"text-dedup, its settings for NEWS-COPY": ("text_dedup_minhash", "text-dedup")}, plan, say
    )
    texts = None if plan.texts is None else [text for text in read_texts(plan.texts) if len(text) > LEAST_CHARACTERS]
    found: dict[str, Any] = {}
    for profile, seed in (("folded", plan.seed), ("folded", plan.seed + HELD_OUT), ("even", plan.seed + HELD_OUT)):
        path = HOME / "data" / f"scanned-{profile}-{size}-s{seed}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        scanned.write(scanned.corpus(size, seed, scanned.PROFILES[profile], texts), path)
        plain = path.with_suffix(".plain.jsonl")
        with open(path, encoding="utf-8") as file, open(plain, "w", encoding="utf-8") as out:
            records = list(map(json.loads, file))
            out.writelines(json.dumps({**each, "text": _plain(each["text"])}) + "\n" for each in records)
        truth = {record["id"]: record["story"] for record in records}
        starts: dict[str, Callable[[], tuple[Mapping[str, str], dict[str, float]]]] = {
            f"wirecopy run, {recipe.name}": partial(_run, path, recipe) for recipe in (SCANNED, Recipe())
        }
        starts |= {
            name: partial(_contend, partial(measure.contend, peer.script, peer.python, plain, TEXT_DEDUP))
            for name, peer in peers.items()
        }
        for name, start in starts.items():
            try:
                clusters, facts = start()
            except measure.Failed as error:
                missing[name] = str(error)
                continue
            figures = facts | scores([clusters.get(own, own) for own in truth], list(truth.values()))
            found.setdefault(f"{profile}, seed {seed}", {})[name] = figures
            say(f"{profile}, seed {seed}: {name}: adjusted Rand {figures['rand']}")
    return {"corpora": found, "articles": size, "failed": missing}


def scores(clusters: Sequence[object], stories: Sequence[int]) -> dict[str, float]:
    """Adjusted Rand index, and recall and precision of pairs."""
    both, joined, true = (
        sum(n * (n - 1) // 2 for n in Counter(each).values())
        for each in (zip(clusters, stories, strict=True), clusters, stories)
    )
    rand = adjusted_rand([str(each) for each in clusters], stories)
    return {"rand": round(rand, 4), "recall": round(both / true, 4), "precision": round(both / max(1, joined), 4)}


def _plain(text: str) -> str:
    """The text as text-dedup's benchmark prepares NEWS-COPY: words whole at line ends, no punctuation."""
    joined = text.replace("-\n", "").replace("\n", " ")
    return "".join(character for character in joined if character.isalnum() or character in " -")


def _run(path: Path, recipe: Recipe) -> tuple[Mapping[str, str], dict[str, float]]:
    """Clusters of a store, and articles a second of all processes' CPU time, imports included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        ingest(path, f"sqlite:///{folder}/corpus.db", Path(folder), {"WIRECOPY_RECIPE": recipe.name})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        with sqlite3.connect(f"{folder}/corpus.db") as connection:
            rows = connection.execute("SELECT source_key, canonical_id FROM corpus_member").fetchall()
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {key.rpartition("#")[2]: canonical for key, canonical in rows}, {
        "articles_a_cpu_second": round(len(rows) / spent)
    }


def _contend(start: Callable[[], Done]) -> tuple[Mapping[str, str], dict[str, float]]:
    return start().result["clusters"], {}
