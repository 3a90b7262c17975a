"""A file of declarations that is broken as a whole: its sources are those of its last good content."""

from __future__ import annotations

import pytest

from etl.errors import Usage
from etl.sources.last_good import declared_or_kept

GOOD = '[gazette]\nlocation = "gazette"\n[wrong]\nlocation = 7\nowner = "night desk"\n[odd]\nowner = 7\n'


@pytest.mark.parametrize("broken", [GOOD + "}", "\xff", None], ids=["a stray character", "no UTF-8", "missing"])
def test_a_broken_file_keeps_the_sources_and_says_what_is_wrong(tmp_path, broken):
    path, copy = tmp_path / "sources.toml", tmp_path / "copy.toml"
    path.write_text(GOOD)
    found, error = declared_or_kept(str(path), str(copy))
    assert (list(found), error) == (["gazette", "wrong", "odd"], "")
    assert [getattr(found[name], "owner", None) for name in found] == ["wirecopy", "night desk", ""]
    path.unlink() if broken is None else path.write_bytes(broken.encode("latin-1"))
    kept, error = declared_or_kept(str(path), str(copy))
    assert kept["gazette"] == found["gazette"]
    assert error.startswith(str(path))
    path.write_text("[herald]\nlocation = 'herald'")
    assert [*declared_or_kept(str(path), str(copy))[0]] == ["herald"]
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []


def test_without_a_copy_it_is_an_error_and_where_none_can_be_written_all_else_works(tmp_path):
    path, nowhere = tmp_path / "sources.toml", str(tmp_path / "no/such/folder.toml")
    path.write_text(GOOD)
    assert declared_or_kept(str(path), nowhere)[1] == ""
    path.write_text("}")
    with pytest.raises(Usage, match="line 1, column 1"):
        declared_or_kept(str(path), nowhere)
