"""Write down the contract: `python -m schemas.write_contract` (`make contract`) makes anew what follows from it.

docs/data-dictionary.md   for people
docs/dbt/sources.yml      for dbt, with tests of keys, values, references and nulls
schemas/contract.json     what consumers rely on since it was last recorded; a change that breaks it is refused
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.contract import ABOUT, CONTRACT, TYPES, VERSION, Column, Promise, Recorded, breaking, promises, successor

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "schemas" / "contract.json"


def main() -> int:
    """Write the files; exit status 1, and nothing written, when the contract would break."""
    then, version = recorded()
    broken = breaking(then, promises(), withdrawable(then, version))
    if broken:
        advice = "give the next VERSION views of its own beside these (schemas/contract.py)"
        sys.stderr.write("\n".join([*broken, advice, ""]))
        return 1
    for path, content in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return 0


def files() -> dict[Path, str]:
    """Each file that follows from the contract, as it should be."""
    return {
        ROOT / "docs" / "data-dictionary.md": "\n".join(_dictionary()) + "\n",
        ROOT / "docs" / "dbt" / "sources.yml": "\n".join(_dbt()) + "\n",
        RECORD: json.dumps(
            {"version": VERSION, "views": {v: {n: p._asdict() for n, p in c.items()} for v, c in promises().items()}},
            indent=1,
        ) + "\n",
    }  # fmt: skip


def recorded() -> tuple[Recorded, int]:
    """The contract as it was last recorded, and its version."""
    found: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    views = {v: {n: Promise(p["type"], p["nullable"]) for n, p in c.items()} for v, c in found["views"].items()}
    return views, found["version"]


def withdrawable(then: Recorded, version: int) -> frozenset[str]:
    """Views whose successors were recorded beside them: the version after may do without them."""
    if version >= VERSION:
        return frozenset()
    return frozenset(v for v in then if successor(v, version) != v and successor(v, version) in then)


def _dictionary() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield f"Contract {VERSION}, written by `make contract` from [schemas/contract.py](../schemas/contract.py). The"
    yield "views are the same on PostgreSQL and SQLite. [consumers.md](consumers.md) says what may change, and how."
    yield ""
    yield "| type | PostgreSQL | SQLite |"
    yield "|---|---|---|"
    yield from (f"| {name} | {postgresql} | {sqlite} |" for name, (postgresql, sqlite) in TYPES.items())
    for view, columns in CONTRACT.items():
        about, key = ABOUT[view]
        yield from ("", f"## {view}", "", f"{about} Key: {', '.join(f'`{k}`' for k in key)}.", "")
        yield from ("| column | type | null | meaning | unit | example |", "|---|---|---|---|---|---|")
        for name, c in columns.items():
            cells = (f"`{name}`", c.type, "yes" if c.nullable else "", _meaning(c), c.unit, f"`{c.example}`")
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _meaning(column: Column) -> str:
    found = column.meaning
    if column.values:
        found += f" ({', '.join(column.values)})" if not all(v in found for v in column.values) else ""
    return found + (f" (`{column.refers}`)" if column.refers else "")


def _dbt() -> Iterator[str]:
    yield "# wirecopy's views for dbt >= 1.10, written by `make contract`: copy it below models/, and name your schema."
    yield "version: 2"
    yield "sources:"
    yield "  - name: wirecopy"
    yield f"    description: {_text(f'News articles, one copy of each story.  Contract {VERSION}.')}"
    yield "    schema: public"
    yield "    tables:"
    for view, columns in CONTRACT.items():
        about, key = ABOUT[view]
        yield f"      - name: {view}"
        yield f"        description: {_text(about)}"
        yield "        columns:"
        for name, column in columns.items():
            yield f"          - name: {name}"
            yield f"            description: {_text(column.meaning + (f' ({column.unit})' if column.unit else ''))}"
            yield f"            data_type: {TYPES[column.type][0].split(' or ')[-1]}"
            tests = list(_dbt_tests(column, unique=key == (name,)))
            if tests:
                yield "            data_tests:"
                yield from (f"              {line}" for line in tests)


def _dbt_tests(column: Column, unique: bool) -> Iterator[str]:
    if not column.nullable:
        yield "- not_null"
    if unique:
        yield "- unique"
    if column.values:
        yield from ("- accepted_values:", "    arguments:", f"      values: {json.dumps(list(column.values))}")
    if column.refers:
        view, _, field = column.refers.partition(".")
        yield from ("- relationships:", "    arguments:")
        yield f"      to: source('wirecopy', '{view}')"
        yield f"      field: {field}"


def _text(text: str) -> str:
    """A YAML string: JSON's are."""
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
