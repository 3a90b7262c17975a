"""Documents: those of a job to rows; the work of a worker process (etl.prepare.shards).  Shell."""

from __future__ import annotations

from collections.abc import Iterator

import etl.read.files  # noqa: F401  what the child that reads needs is loaded with all else
from etl.decide.keep import KEEP_ALL
from etl.errors import Rejected, is_of_machine
from etl.extract.embargoes import held_until
from etl.extract.identity import Identity
from etl.fingerprint.recipe import Recipe
from etl.prepare.packed import head_of, pack, unpack
from etl.prepare.rows import prepare
from etl.prepare.shards import AS_EVER, Job, Rows
from etl.prepare.worker_process import Mark, reason_of
from etl.read.file import MAX_QUARANTINE_HEAD
from schemas.article import Article
from schemas.records import Quarantined, RawDocument


def warm() -> None:
    """Load what preparing needs at its first document."""
    text = "Ein Satz, der nicht englisch ist."
    documents = [
        RawDocument("a.html", None, "html", f"<html><h1>Titel</h1><p>{text} So heißt sie.</html>".encode()),
        RawDocument("b.txt", None, "text", text.encode()),
    ]
    job = Job(tuple(map(pack, documents)), "warm", None, {}, Identity(), KEEP_ALL, Recipe(), AS_EVER)
    list(prepare_documents(lambda *step: None, job))


def prepare_documents(mark: Mark, job: Job) -> Iterator[Rows]:
    """Documents to rows; each becomes an article or is quarantined.  Work for a worker.

    Its steps are (number of a document, 0) to unpack it, (number, 1) to extract it, and (count of documents, 0).
    """
    articles: list[Article] = []
    rejected: list[Quarantined] = []
    for number, packed in enumerate(job.documents):
        mark(number, 0)
        document = unpack(packed)
        if isinstance(document, Quarantined):
            rejected.append(document)
            continue
        mark(number, 1)
        found = _extracted(document, job)
        if isinstance(found, Quarantined):
            rejected.append(found)
        else:
            articles.append(found)
    mark(len(job.documents), 0)
    yield from _prepared(articles, rejected, job.recipe)


def _extracted(document: RawDocument, job: Job) -> Article | Quarantined:
    left_out = None
    try:
        article = job.stages.extract(document, job.source, job.day, job.columns, job.identity, job.earliest)
        unwanted = job.keep.against(article)
        if unwanted is not None:
            stage, reason, left_out = "filter", unwanted, article.article_id
        elif article.embargo and article.embargo > job.now and not article.withdrawn:
            stage, reason = "embargo", held_until(article.embargo)
        else:
            return article
    except Rejected as error:
        stage, reason = error.stage, error.reason
    except MemoryError:  # the process is not to be trusted with another document
        raise
    except RecursionError:
        stage, reason = "extract", "hostile: nested too deep"
    except Exception as error:
        if is_of_machine(error):
            raise
        stage, reason = "extract", reason_of(error)
    return Quarantined(document.path, document.record, stage, reason, head_of(document), left_out)


def _prepared(articles: list[Article], rejected: list[Quarantined], recipe: Recipe) -> Iterator[Rows]:
    """Rows of the articles, each by itself where one of them raises."""
    try:
        yield prepare(articles, recipe), rejected
    except MemoryError:
        raise
    except Exception as error:
        if is_of_machine(error):
            raise
        if len(articles) > 1:
            yield prepare([], recipe), rejected
            for article in articles:
                yield from _prepared([article], [], recipe)
        else:
            (article,) = articles
            head = article.title.encode("utf-8", "replace")[:MAX_QUARANTINE_HEAD]
            failed = Quarantined(article.path, article.record, "extract", reason_of(error), head)
            yield prepare([], recipe), [*rejected, failed]
