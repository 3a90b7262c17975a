"""Write down the contract: `python -m schemas.write_contract` (`make contract`) makes anew what follows from it.

docs/data-dictionary.md   for people
docs/dbt/models/sources.yml  for dbt, with tests of keys, values, references and nulls
docs/wirecopy.odcs.yaml   the same as a data contract of the Open Data Contract Standard
schemas/contract.json     what consumers rely on since it was last recorded; a change that breaks it is refused
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.contract.columns import TYPES, Column
from schemas.contract.promises import Promise, Recorded, breaking, promises, successor
from schemas.contract.views import ABOUT, CONTRACT, VERSION

LAST_RUN = "select max(finished_at) from {{ this.include(identifier=false) }}.corpus_run where refused is null"
"""For dbt: when the store was last written; each view is as fresh as that."""
RESERVED = ("at", "read", "new", "exact")
"""Names of columns that are words of SQL somewhere, or of YAML."""
LOGICAL = {
    "text": "string", "integer": "integer", "real": "number", "boolean": "boolean", "date": "date",
    "timestamp": "timestamp", "json": "array", "bytes": "string",
}  # fmt: skip
"""Type of the contract → type of the Open Data Contract Standard."""
ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "schemas" / "contract.json"


def main() -> int:
    """Write the files; exit status 1, and nothing written, when the contract would break."""
    then, version = recorded()
    broken = breaking(then, promises(), withdrawable(then, version))
    if broken:
        advice = "give the next VERSION views of its own beside these (schemas/contract/)"
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
        ROOT / "docs" / "dbt" / "models" / "sources.yml": "\n".join(_dbt()) + "\n",
        ROOT / "docs" / "wirecopy.odcs.yaml": "\n".join(_odcs()) + "\n",
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
    yield f"Contract {VERSION}, written by `make contract` from [schemas/contract/](../schemas/contract/views.py). The"
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
    yield "# wirecopy's views for dbt >= 1.10, written by `make contract`."
    yield "version: 2"
    yield "sources:"
    yield "  - name: wirecopy"
    yield f"    description: {_text(f'News articles, one copy of each story.  Contract {VERSION}.')}"
    yield """    database: "{{ var('wirecopy_database', target.database) }}\""""
    yield """    schema: "{{ var('wirecopy_schema', 'public') }}\""""
    yield "    config:"
    yield "      freshness: {warn_after: {count: 36, period: hour}}"
    yield f"      loaded_at_query: {_text(LAST_RUN)}"
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
            if name in RESERVED:
                yield "            quote: true"
            tests = list(_dbt_tests(column, unique=key == (name,)))
            if tests:
                yield "            data_tests:"
                yield from (f"              {line}" for line in tests)


def _odcs() -> Iterator[str]:
    yield "# The contract of wirecopy's views as the Open Data Contract Standard has it, written by `make contract`."
    yield "apiVersion: v3.1.0"
    yield "kind: DataContract"
    yield "id: wirecopy-corpus"
    yield "name: wirecopy corpus"
    yield f"version: {VERSION}.0.0"
    yield "status: active"
    yield "description:"
    yield f"  purpose: {_text('News articles of many sources, one copy of each story, and what was decided of each.')}"
    yield f"  usage: {_text('Views on PostgreSQL and SQLite.  New columns come last; nothing else changes.')}"
    yield "schema:"
    for view, columns in CONTRACT.items():
        about, key = ABOUT[view]
        yield from (
            f"  - name: {view}",
            f"    physicalName: {view}",
            "    logicalType: object",
            "    physicalType: view",
        )
        yield from (f"    description: {_text(about)}", "    properties:")
        for name, column in columns.items():
            yield f"      - name: {name if name not in RESERVED else _text(name)}"
            yield f"        logicalType: {LOGICAL[column.type]}"
            yield f"        physicalType: {TYPES[column.type][0].split(' or ')[-1]}"
            yield f"        description: {_text(column.meaning + (f' ({column.unit})' if column.unit else ''))}"
            yield f"        required: {str(not column.nullable).lower()}"
            if name in key:
                yield from ("        primaryKey: true", f"        primaryKeyPosition: {key.index(name) + 1}")
            if key == (name,):
                yield "        unique: true"
            if column.type == "json":
                yield from ("        items:", "          logicalType: string")
            if column.values:
                yield from ("        quality:", "          - metric: invalidValues", "            mustBe: 0")
                yield f"            arguments: {{validValues: {json.dumps(list(column.values))}}}"
            if column.refers:
                yield from ("        relationships:", f"          - to: {column.refers}")
            yield f"        examples: [{_text(column.example)}]"


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
