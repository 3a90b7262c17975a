"""The benchmarks, in one command.

python -m benchmarks                  all steps, beside peers, into benchmarks/results/results.json and the pages
python -m benchmarks --quick          small sizes, without peers, into var/bench/quick.json
python -m benchmarks --only decisions,growth
python -m benchmarks --large          the sizes that are committed, up to a million articles: three quarters of an hour
python -m benchmarks --show           write tables and plots again from what was measured
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

from benchmarks import (
    plots,
    results,
    steps_airflow,
    steps_consumers,
    steps_peers,
    steps_scanned,
    steps_spark,
    steps_store,
    tables,
)
from benchmarks.environments import HOME
from benchmarks.flames import profile
from benchmarks.plan import FULL, LARGE, QUICK, Plan

STEPS = {
    "fingerprint": steps_peers.fingerprint,
    "decisions": steps_peers.decisions,
    "pipeline": steps_store.pipeline,
    "template": steps_store.template,
    "growth": steps_store.growth,
    "consumers": steps_consumers.consumers,
    "noise": steps_peers.noise,
    "scanned": steps_scanned.step,
    "extraction": steps_peers.extraction,
    "spark": steps_spark.step,
    "airflow": steps_airflow.step,
    "profile": profile,
}
LONG = ("spark", "airflow", "profile")  # no part of a quick measurement
BUSY = 0.5  # a load above which figures are not worth much


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, no peers: three minutes")
    parser.add_argument("--large", action="store_true", help="the sizes that are committed: three quarters of an hour")
    parser.add_argument("--only", metavar="STEP,…", help=f"these steps alone: {', '.join(STEPS)}")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--size", type=int, metavar="N", help="articles in the corpus that contenders share")
    parser.add_argument("--growth", metavar="N,…", help="articles in the archives that are grown")
    parser.add_argument("--rounds", type=int, metavar="N", help="runs of each contender")
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--texts", metavar="FOLDER", help="make the corpus of these articles")
    parser.add_argument("--pages", metavar="SET", action="append", default=[], help="pages with gold texts to extract")
    parser.add_argument("--out", type=Path, help="the results file")
    parser.add_argument("--show", action="store_true", help="measure nothing")
    given = parser.parse_args()
    path = given.out or (HOME / "quick.json" if given.quick else results.COMMITTED)
    if not given.show:
        _measure(given, path)
    held = results.load(path)
    print(tables.everything(held))
    if path == results.COMMITTED:
        tables.write(held)
        plots.write(held)


def _measure(given: argparse.Namespace, path: Path) -> None:
    names = given.only.split(",") if given.only else [n for n in STEPS if not (given.quick and n in LONG)]
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.exit(f"no such step: {', '.join(unknown)}; there are {', '.join(STEPS)}")
    plan = _plan(given)
    began = time.monotonic()
    broken = []
    for number, name in enumerate(names, 1):
        under = results.conditions()
        if under["load_before"] > BUSY * (os.cpu_count() or 1):
            _say(began, f"the machine is busy (load {under['load_before']}): figures will be worse than they are")
        _say(began, f"{name} ({number} of {len(names)})")
        step_began = time.monotonic()
        try:
            found = STEPS[name](plan, lambda line: _say(began, f"  {line}"))
        except Exception:  # what the other steps measure in the next minutes is not lost for it
            traceback.print_exc()
            broken.append(name)
            continue
        under["took_s"] = round(time.monotonic() - step_began)
        results.merge(path, name, found, under)
    _say(began, f"done; {path}" + (f"; NOT MEASURED: {', '.join(broken)}" if broken else ""))


def _plan(given: argparse.Namespace) -> Plan:
    plan = QUICK if given.quick else LARGE if given.large else FULL
    if given.growth:
        plan = replace(plan, growth=tuple(map(int, given.growth.split(","))))
    chosen = {name: getattr(given, name) for name in ("size", "rounds", "seed", "texts") if getattr(given, name)}
    return replace(plan, **chosen, sets=tuple(given.pages), peers=plan.peers and not given.no_peers)


def _say(began: float, line: str) -> None:
    passed = int(time.monotonic() - began)
    print(f"{passed // 60:3}:{passed % 60:02}  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
