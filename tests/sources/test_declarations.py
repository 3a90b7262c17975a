"""Sources: what may be declared, and what is said about what may not."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from etl.errors import Usage
from etl.sources.declarations import declared, load
from etl.sources.limits import SourceLimits
from etl.sources.source import Source
from schemas.field_names import FIELD_NAMES
from tests.support.paths import ROOT

SHIPPED = ROOT / "dags" / "sources.toml"


def write(folder: Path, text: str) -> str:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_source_is_what_its_entry_says(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [gazette]
        kind = "files"
        location = ["/data/gazette/{date:%Y/%m/%d}", "/data/extra/{date}"]
        schedule = "0 6 * * 1-5"
        start = 2026-01-01
        catchup = true
        owner = "archive desk"
        tags = ["daily", "english"]
        columns = { title = "hed", body = "txt" }
        limits = { max_duplicate_share = 0.98, max_cluster_growth = 9000 }

        [seeds]
        location = "seeds"
        """,
    )
    assert load(path) == {
        "gazette": Source(
            "gazette",
            ("/data/gazette/{date:%Y/%m/%d}", "/data/extra/{date}"),
            "0 6 * * 1-5",
            date(2026, 1, 1),
            True,
            "archive desk",
            ("daily", "english"),
            SourceLimits(max_duplicate_share=0.98, max_cluster_growth=9000),
            columns=(("title", "hed"), ("body", "txt")),
        ),
        "seeds": Source("seeds", ("seeds",)),
    }


def test_a_source_with_dates_is_read_each_night_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = write(tmp_path, '[gazette]\nlocation = "/data/{date}"')
    assert load(path)["gazette"].schedule == "0 0 * * *"


def test_a_source_with_hours_is_read_each_hour_and_its_day_is_all_of_them(tmp_path: Path) -> None:
    source = load(write(tmp_path, '[ticker]\nlocation = "/data/{date:%Y-%m-%d/%H}"'))["ticker"]
    assert source.hourly
    assert source.schedule == "0 * * * *"
    assert source.places(datetime(2026, 3, 14, 5, tzinfo=UTC)) == ["/data/2026-03-14/05"]
    assert source.places(date(2026, 3, 14)) == [f"/data/2026-03-14/{hour:02}" for hour in range(24)]


def test_the_sources_that_come_with_it_are_declared_well() -> None:
    assert load(str(SHIPPED))["seeds"].locations == ("seeds",)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('["Gazette!"]\nlocation = "x"', "[Gazette!]: a name has small letters"),
        ('gazette = "x"', "[gazette]: must be a table"),
        ("[gazette]", "[gazette]: location must be a path"),
        ("[gazette]\nlocation = 7", "[gazette]: location must be a path"),
        ("[gazette]\nlocation = []", "[gazette]: location must be a path"),
        ('[gazette]\nlocation = ["a", 1]', "[gazette]: location must be a path"),
        ('[gazette]\nlocation = "x"\ncolour = 1', "[gazette]: unknown field 'colour'; there are location, kind"),
        ('[gazette]\nlocation = "x"\nkind = "fax"', "[gazette]: kind is 'fax'; there is files"),
        ('[gazette]\nlocation = "x"\nschedule = "daily"', "[gazette]: schedule must be a cron expression"),
        ('[gazette]\nlocation = "x"\nschedule = "60 * * * *"', "not '60 * * * *'"),
        ('[gazette]\nlocation = "x"\nschedule = "*/0 * * * *"', "not '*/0 * * * *'"),
        ('[gazette]\nlocation = "x"\nschedule = "5-3 * * * *"', "not '5-3 * * * *'"),
        ('[gazette]\nlocation = "x"\nschedule = 5', "not 5"),
        ('[gazette]\nlocation = "{date}"\nstart = "2026-01-01"', "[gazette]: start must be a day"),
        ('[gazette]\nlocation = "{date}"\nstart = 2026-01-01T00:00:00', "[gazette]: start must be a day"),
        ('[gazette]\nlocation = "{date:%d/%H}"\nschedule = "0 6 * * *"', "schedule must be once an hour"),
        ('[gazette]\nlocation = "{date}"\ncatchup = 1', "[gazette]: catchup must be true or false"),
        ('[gazette]\nlocation = "{date}"\ncatchup = true', "[gazette]: catchup needs start"),
        ('[gazette]\nlocation = "x"\nstart = 2026-01-01', "[gazette]: start is for a location with {date:…}"),
        ('[gazette]\nlocation = "x"\ncatchup = true', "[gazette]: catchup is for a location with {date:…}"),
        ('[gazette]\nlocation = "x"\nowner = ["me"]', "[gazette]: owner must be a name"),
        ('[gazette]\nlocation = "x"\nlimits = 3', "[gazette]: limits must be a table of max_duplicate_share"),
        ('[gazette]\nlocation = "x"\nlimits.speed = 3', "[gazette]: limits.speed is no limit; there are max_dup"),
        ('[gazette]\nlocation = "x/{day}"', "location has '{day}'; the place of a day is written {date:%Y/%m/%d}"),
        ('[gazette]\nlocation = "x/{date:%Y"', "location has '{date:%Y'; the place of a day is written"),
        ('[gazette]\nlocation = "x/{date:YYYY-MM-DD}"', "location has {date:YYYY-MM-DD}; it takes %Y, %m, %d, %H"),
        ('[gazette]\nlocation = "x/{date:%Y/%M}"', "location has {date:%Y/%M}; it takes %Y, %m, %d, %H"),
        ('[herald]\nlocation = "x"\n[gazette]\nlocation = "y"\nid_name = "herald"', "would have the ids of [herald]"),
        ('[gazette]\nlocation = "x"\nlimits.max_replaced_share = 3', "must be a share, from 0 to 1, not 3"),
        ('[gazette]\nlocation = "x"\nlimits.max_cluster_growth = 0.5', "must be a whole number, 0 or more, not 0.5"),
        ('[gazette]\nlocation = "x"\ncolumns = "txt"', "[gazette]: columns must be a table, such as columns.body"),
        ('[gazette]\nlocation = "x"\ncolumns.text = "txt"', "[gazette]: columns.text is no field of an article; there"),
        ('[gazette]\nlocation = "x"\ncolumns.body = 3', "[gazette]: columns.body must be the name of a field in its"),
        ('[gazette]\nlocation = "x"\ncolumns.body = " "', "[gazette]: columns.body must be the name of a field in its"),
        (
            '[gazette]\nlocation = "x"\nkind = "feed"',
            "[gazette]: location of a feed must begin with https:// or http://",
        ),
        ('[gazette]\nlocation = "s3://x/y"\nkind = "urls"', "[gazette]: location of a urls must begin with https://"),
        ('[gazette]\nlocation = "https://me@x/"\nkind = "feed"', "[gazette]: location holds a name or password"),
        ('[gazette]\nlocation = "https://me:pw@x/"\nkind = "feed"', "[gazette]: a location holds a password"),
        ('[gazette]\nlocation = "sftp://me:pw@x/{date}"', "[gazette]: a location holds a password"),
        (
            '[gazette]\nlocation = "https://x/"\nkind = "feed"\nlimits.host_connections = 0',
            "limits.host_connections must be a whole number, 1 or more, not 0",
        ),
        (
            '[gazette]\nlocation = "https://x/"\nkind = "feed"\nlimits.poll_least_s = inf',
            "limits.poll_least_s must be a number of seconds",
        ),
        (
            '[gazette]\nlocation = "x"\nkeep.language = ["EN"]',
            '[gazette]: keep.language must be a list, such as ["en"]',
        ),
        (
            '[gazette]\nlocation = "https://x/"\nkind = "feed"\ncatchup = true\nstart = 2026-01-01',
            "[gazette]: catchup is not for kind feed",
        ),
        (
            '[gazette]\nlocation = "x"\nlimits.max_requests = 3',
            "[gazette]: limits.max_requests is for sources that are fetched",
        ),
        ('[gazette]\nlocation = ["x", "s3://y"]', "[gazette]: locations must all be paths"),
        (
            '[gazette]\nlocation = "s3://x"\nconnection = 3',
            "[gazette]: connection must be the name of one of Airflow's",
        ),
        ('[gazette]\nlocation = "x"\nconnection = "a"', "[gazette]: connection is for locations such as s3://"),
        ('[gazette]\nlocation = "https://x"\nconnection = "a"', "[gazette]: connection is for locations such as s3://"),
        ('[gazette]\nlocation = "x"\npick = 3', "[gazette]: pick must be a pattern of file names"),
        ('[gazette]\nlocation = "x"\ntags = "daily"', "[gazette]: tags must be a list"),
    ],
)
def test_a_wrong_entry_is_named_by_file_source_and_field(tmp_path: Path, entry: str, said: str) -> None:
    path = write(tmp_path, entry)
    with pytest.raises(Usage) as refused:
        load(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert said in str(refused.value)


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_every_field_that_records_have_can_be_declared(tmp_path: Path, field: str) -> None:
    path = write(tmp_path, f'[gazette]\nlocation = "x"\ncolumns = {{ {field} = "c" }}')
    assert load(path)["gazette"].columns == ((field, "c"),)


def test_a_wrong_entry_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    found = declared(write(tmp_path, '[good]\nlocation = "x"\n[bad]\nlocation = 7'))
    assert found["good"] == Source("good", ("x",))
    assert isinstance(found["bad"], Usage)


def test_a_file_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"sources\.toml: Expected"):
        declared(write(tmp_path, "location"))
    (tmp_path / "sources.toml").write_bytes('[gazette]\nlocation = "Zürich"\n'.encode("latin-1"))
    with pytest.raises(Usage, match=r"is no UTF-8, from byte \d+ on; save it as UTF-8"):
        declared(str(tmp_path / "sources.toml"))
    with pytest.raises(Usage, match=r"nowhere\.toml does not exist"):
        declared(str(tmp_path / "nowhere.toml"))


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    assert declared(write(tmp_path, '\ufeff[good]\nlocation = "x"')) == {"good": Source("good", ("x",))}


def test_a_source_is_of_the_corpus_unless_its_role_says_reference(tmp_path: Path) -> None:
    roles = {"a": "", "b": 'role = "corpus"', "c": 'role = "reference"', "d": 'role = "benchmark"'}
    text = "".join(f'[{name}]\nlocation = "/{name}"\n{role}\n' for name, role in roles.items())
    found = declared(write(tmp_path, text))
    assert [each.is_reference for each in found.values() if isinstance(each, Source)] == [False, False, True]
    assert 'role must be "corpus"' in str(found["d"])
    assert "not 'benchmark'" in str(found["d"])
