"""Fixtures of the command line."""

from __future__ import annotations

import os
import sys

import pytest

from etl.cli import main

COMPILING = "compiling the fingerprint loops, once on this machine: some 10 s …\n"


@pytest.fixture
def wirecopy(tmp_path, monkeypatch, capsys):
    """The command line in an empty folder, in this process: its exit status, output and errors."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("WIRECOPY_")]:
        monkeypatch.delenv(name)

    def call(*arguments, **environment):
        monkeypatch.setattr(sys, "argv", ["wirecopy", *map(str, arguments)])
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err.replace(COMPILING, "")

    return call
