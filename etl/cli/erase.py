"""The command erase: articles taken out for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from etl.cli.selecting import select, selection, selectors
from etl.cli.shared import BY, JSON, REASON, STORE, Examples, decided, label, say, say_json, settings_for
from etl.errors import Usage
from etl.settings import decider


@click.command(
    cls=Examples,
    examples=[
        "wirecopy erase 4f1c09a2 --reason 'court order 3 O 12/26'",
        "wirecopy erase --story 4f1c09a2 --reason 'the person it names asked for it'",
        "wirecopy erase --url-prefix https://gazette.example/2024/ --reason 'licence ended' --dry-run",
        "wirecopy erase --from-file takedowns.txt --reason 'notice of 14 March' --yes",
        "wirecopy erase --resume",
    ],
)
@selectors
@click.option("--resume", "resumes", is_flag=True, help="Finish erasures that were interrupted; nothing is named.")
@REASON
@BY
@STORE
@JSON
def erase(
    dry_run: bool, yes: bool, resumes: bool, reason: str, by: str | None, store: str | None, as_json: bool, **named: Any
) -> None:
    """Erase articles for good: from the store, the landing zone and staging; exports follow at their next run.

    A tombstone stays (id, source, who, when, why), by which the article is refused when it is read again.  Nothing
    brings it back.  The database's files are written anew: give many articles at once.
    """
    from etl.commit.curate import Said
    from etl.commit.erase import erase_all
    from etl.pipeline.erasing import resume

    if resumes:
        if any(named.values()):
            raise Usage("--resume finishes what was begun; it takes no articles")
        left = resume(settings_for(store))
        say_json({"erased": left}) if as_json else say(f"{left} erasures were finished")
        return
    if not reason.strip() and not dry_run:
        raise Usage("give a --reason: nothing else says later why an article is gone")
    ids = select(store, selection(**named), "erased for good", True, yes, dry_run, erased=True)
    if ids is None:
        return
    said = Said(decider(by), reason, label("erase"), datetime.now(UTC))
    decided(store, lambda connection: erase_all(connection, ids, said), as_json)
    resume(settings_for(store))
