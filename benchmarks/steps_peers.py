"""Steps beside peers: fingerprints, decisions, damaged copies, extraction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import news, pages, score, truth
from benchmarks.environments import HOME
from benchmarks.measure import Done, alternate, contend, spread, summary
from benchmarks.plan import Entrant, Plan, Say, corpus, described, entrants, job, records, shared_corpus

FINGERPRINTS = {
    "wirecopy": ("wirecopy_fingerprint", None),
    "Daft": ("daft_fingerprint", "daft"),
    "rensa": ("rensa_fingerprint", "rensa"),
    "datasketch, update_batch": ("datasketch_fingerprint", "datasketch"),
}
DECISIONS = {
    "wirecopy": ("wirecopy_decisions", None),
    "Daft": ("daft_minhash", "daft"),
    "rensa, its deduplicator": ("rensa_deduplicator", "rensa"),
    "rensa, verified": ("rensa_verified", "rensa"),
    "datasketch, update_batch, verified": ("datasketch_batch", "datasketch"),
    "text-dedup, verified": ("text_dedup_minhash", "text-dedup"),
    "datatrove": ("datatrove_minhash", "datatrove"),
}
EXTRACTION = {"wirecopy": ("wirecopy_extraction", None), "trafilatura": ("trafilatura_extraction", "trafilatura")}
ONE_CORE = {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def fingerprint(plan: Plan, say: Say) -> dict[str, Any]:
    """Texts to signatures, one core each."""
    path = shared_corpus(plan)
    runs, found = _compete(FINGERPRINTS, path, plan, say, ONE_CORE)
    data = described(path, plan)
    for name, listed in runs.items():
        rates = [data["mb"] / done.result["phases"]["fingerprint"] for done in listed]
        found["contenders"][name]["mb_per_s"] = spread(rates, 1)
    facts = [done.result["facts"] for done in runs["wirecopy"]]
    loops = {name: spread([f["loops"][name] for f in facts]) for name in facts[0]["loops"]}
    return found | {"data": data, "loops_us": loops, "shingles": round(facts[0]["shingles"])}


def decisions(plan: Plan, say: Say) -> dict[str, Any]:
    """JSON lines to who stands for whom, without a store."""
    path = shared_corpus(plan)
    recipe = job()
    ids, texts = records(path)
    say("the exact truth")
    known = score.Truth.of(ids, texts, recipe["shingle"], recipe["threshold"])
    runs, found = _compete(DECISIONS, path, plan, say)
    for name, listed in runs.items():
        figures = score.score(listed[-1].result["clusters"], known)
        found["contenders"][name]["quality"] = {key: round(value, 6) for key, value in figures.items()}
        found["contenders"][name]["facts"] = listed[-1].result["facts"]
    return found | {"data": described(path, plan), "pairs": len(known.found[0])}


def noise(plan: Plan, say: Say) -> dict[str, Any]:
    """Share of damaged copies that are found, by kind and degree of damage."""
    path = corpus(f"damaged-{plan.levels}", lambda: news.damaged(plan.levels))
    levels: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with open(news.copies_of(path), encoding="utf-8") as file:
        for record in map(json.loads, file):
            levels[record["kind"]].append((record["id"], record["copy_of"]))
    runs, found = _compete(DECISIONS, path, plan, say, rounds=1)
    curves = {
        name: {
            level: round(score.recall_of_copies(listed[0].result["clusters"], copies), 4)
            for level, copies in levels.items()
        }
        for name, listed in runs.items()
    }
    return {
        "curves": curves,
        "reach_threshold": _reach(path, levels),
        "copies_a_level": plan.levels,
        "failed": found["failed"],
        "versions": found["versions"],
    }


def _reach(path: Path, levels: Mapping[str, list[tuple[str, str]]]) -> dict[str, float]:
    """Share of each level's copies whose exact similarity to their original reaches the threshold."""
    ids, texts = records(path)
    number = {own: n for n, own in enumerate(ids)}
    sets = truth.sets_of(texts, job()["shingle"])
    shares = {}
    for level, copies in levels.items():
        similarity = truth.jaccards(sets, [number[own] for own, _ in copies], [number[of] for _, of in copies])
        shares[level] = round(float((similarity >= job()["threshold"]).mean()), 4)
    return shares


def extraction(plan: Plan, say: Say) -> dict[str, Any]:
    """Pages to article texts: how right, and how long a page."""
    sets = {"generated": list(pages.made(plan.pages))}
    sets |= {Path(given).resolve().name.partition(".")[0]: list(pages.read(Path(given))) for given in plan.sets}
    results: dict[str, Any] = {}
    for name, listed in sets.items():
        say(f"{name}: {len(listed)} pages")
        path = HOME / "data" / f"pages-{name}.jsonl"
        pages.write(listed, path)
        runs, found = _compete(EXTRACTION, path, plan, say)
        for contender, done in runs.items():
            texts = done[-1].result["clusters"]
            figures = score.text_f1([page.text for page in listed], [texts[page.id] for page in listed])
            each = [1000 * d.result["phases"]["extract"] / len(listed) for d in done]
            found["contenders"][contender] |= {
                "quality": {k: round(v, 4) for k, v in figures.items()},
                "ms_a_page": spread(each, 2),
            }
        results[name] = found | {"pages": len(listed)}
    return {"sets": results}


def _compete(
    names: Mapping[str, tuple[str, str | None]],
    path: Path,
    plan: Plan,
    say: Say,
    environment: Mapping[str, str] | None = None,
    rounds: int | None = None,
) -> tuple[dict[str, list[Done]], dict[str, Any]]:
    """Runs of all that can take part, and what of them goes into the results."""
    taking, missing = entrants(names, plan, say)
    starts = {name: partial(_start, entrant, path, environment) for name, entrant in taking.items()}
    runs, failed = alternate(starts, rounds or plan.rounds, say)
    return runs, {
        "contenders": {name: summary(listed) for name, listed in runs.items()},
        "versions": {name: taking[name].versions for name in runs if taking[name].versions},
        "failed": missing | failed,
    }


def _start(entrant: Entrant, path: Path, environment: Mapping[str, str] | None) -> Done:
    return contend(entrant.script, entrant.python, path, job(), environment)
