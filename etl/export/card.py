"""The description of an export: the manifest for programs, and a dataset card for people and Hugging Face.  Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from schemas import exported

MANIFEST, CARD = "manifest.json", "README.md"


def manifest(facts: Mapping[str, object], parts: Iterable[Mapping[str, Any]], duplicates: bool) -> str:
    """The manifest of an export, as JSON.

    facts   wirecopy (its version), contract, format, articles, run_id; without_references and max_share, if any
    parts   path, source, partition_date, rows, bytes, sha256 and run_id of each file
    """
    files = sorted(parts, key=lambda part: str(part["path"]))
    meanings = exported.meanings(duplicates)
    columns = [
        {"name": each.name, "type": str(each.type), "meaning": meanings[each.name]}
        for each in exported.schema(duplicates)
    ]
    whole = {**facts, "rows": sum(part["rows"] for part in files), "columns": columns, "files": files}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


_CONFIGS = """---
configs:
- config_name: default
  data_files:
  - split: train
    path: train/*.{form}
dataset_info:
  features:
{features}---
"""
_DTYPES = {"double": "float64", "date32[day]": "date32"}
"""Types of Arrow that datasets calls otherwise."""
_LOADING = """
```python
from datasets import load_dataset

corpus = load_dataset(".", split="train")  # this folder; the types of its columns are declared above
```
"""


def card(told: str) -> str:
    """The dataset card: the facts of the manifest, and how to load the files.

    Types are declared, or datasets would guess them file by file and take a column that is empty in one for numbers.
    It loads no split without rows, so the card of an empty corpus has no configuration.
    """
    found = json.loads(told)
    form, rows = found["format"], Counter[str]()
    licences_of, reserved = Counter[str](), Counter[str]()
    for part in found["files"]:
        rows[part["source"]] += part["rows"]
        licences_of.update(part["licences"])
        reserved.update(part["reserved"])
    what = "one copy of each story" if found["articles"] == "canonical" else "every article, and which stands for it"
    if references := found.get("without_references"):
        what += f", without those that have passages of {', '.join(references)}"
        if found["max_share"]:
            what += f" beyond {100 * found['max_share']:g} % of either text"
    if licences := found.get("licence"):
        what += f", of those that name a licence among {', '.join(licences)}"
    if found.get("not_reserved"):
        what += ", of those that do not reserve text and data mining"
    mining = (
        f"{reserved['true']} reserve text and data mining, {reserved['false']} say that they do not, {reserved['']}"
    )
    columns = "".join(_feature(column["name"], column["type"], form) for column in found["columns"])
    return f"""{_CONFIGS.format(form=form, features=columns) if found["rows"] else ""}# A corpus of news articles

{found["rows"]} articles, {what}; as of run {found["run_id"]} of wirecopy {found["wirecopy"]}.
`manifest.json` has the count and SHA-256 of each file; a file holds articles of one source and day.
{_LOADING if found["rows"] else ""}
| source | articles |
| --- | ---: |
{"".join(f"| {_cell(source)} | {count} |" + chr(10) for source, count in sorted(rows.items()))}
| licence | articles |
| --- | ---: |
{"".join(f"| {_cell(name) or 'none named'} | {count} |" + chr(10) for name, count in sorted(licences_of.items()))}
{mining} say nothing of it.

| column | type | meaning |
| --- | --- | --- |
{"".join(f"| {c['name']} | {c['type']} | {_cell(c['meaning'])} |" + chr(10) for c in found["columns"])}"""


def _feature(name: str, arrow_type: str, form: str) -> str:
    """A column as datasets declares it in YAML.  CSV has text and numbers alone; its lists are JSON in a cell."""
    declared = f"dtype: {_DTYPES.get(arrow_type, arrow_type)}"
    if form == "csv" and arrow_type.startswith(("list", "timestamp", "date")):
        declared = "dtype: string"
    elif arrow_type.startswith("list"):
        declared = "list: string"
    return f"  - name: {name}\n    {declared}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
