"""A run of the command line over several partitions."""

from dataclasses import replace
from datetime import date

from etl.commit import relate
from etl.sources import discover
from etl.sources.source import Source
from tests.support.begun import begun_since_now
from tests.support.stores import ingest
from tests.support.stories import story

DAYS = [date(2026, 3, 1), date(2026, 3, 2)]


def test_the_files_of_each_partition_are_listed_once_a_run(settings, tmp_path, monkeypatch):
    for number, day in enumerate(DAYS):
        folder = tmp_path / "in" / f"{day}"
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(story(number))
    listed = []

    def find_files(source, partition, reach):
        listed.append(partition)
        return discover.find_files(source, partition, reach)

    monkeypatch.setattr("etl.pipeline.listing.find_files", find_files)
    report = ingest(settings, Source("test", (f"{tmp_path}/in/{{date}}",)), DAYS)
    assert (report.new, listed) == (2, DAYS)


def test_workers_end_when_the_last_partition_is_prepared_and_not_before(settings, tmp_path, monkeypatch):
    for number, day in enumerate(DAYS):
        (tmp_path / f"{day}.txt").write_text(story(number))
    begun, left = begun_since_now(), []

    def with_relations(*given):
        left.append(len(begun()))
        return relate.with_relations(*given)

    monkeypatch.setattr("etl.commit.partition.with_relations", with_relations)
    ingest(replace(settings, workers=1), Source("test", (f"{tmp_path}/{{date}}.txt",)), DAYS)
    assert left == [1 + 1 + 1, 0]  # the server that forks, who reads and who prepares


def test_a_file_that_went_after_it_was_listed_is_quarantined_and_others_taken_in(settings, tmp_path, monkeypatch):
    files = tmp_path / "files"
    files.mkdir()
    for number in range(2):
        (files / f"{number}.txt").write_text(story(number))

    def find_files(source, partition, reach):
        found = discover.find_files(source, partition, reach)
        (files / "1.txt").unlink()
        return found

    monkeypatch.setattr("etl.pipeline.listing.find_files", find_files)
    report = ingest(settings, Source("test", (str(files),)))
    assert (report.read, report.new, report.quarantined) == (2, 1, 1)
