"""The pages of a job.  The standard library alone."""

import base64
import json

from contest import Contest


def pages(contest: Contest) -> list[tuple[str, bytes, str | None]]:
    """(id, HTML, URL) of each page, as benchmarks.pages.write wrote them."""
    with open(contest.job["corpus"], encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    contest.passed("read")
    return [(record["id"], base64.b64decode(record["html"]), record["url"]) for record in records]
