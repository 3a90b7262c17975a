"""An environment of its own for each peer, made once with uv below var/bench.  Nothing of theirs is in wirecopy's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "bench"


@dataclass(frozen=True, slots=True)
class Peer:
    """Packages of a peer, and the least Python they ask for."""

    requirements: tuple[str, ...]
    python: tuple[int, int] = (3, 11)


PEERS = {
    "daft": Peer(("daft==0.7.26", "numpy==2.4.6")),
    "datasketch": Peer(("datasketch==2.0.0", "mmh3==5.3.1")),
    "rensa": Peer(("rensa==0.5.0",)),
    "datatrove": Peer(("datatrove[io,processing]==0.10.1", "spacy==3.8.18")),
    "text-dedup": Peer(("text-dedup==0.4.1",), (3, 12)),
    "trafilatura": Peer(("trafilatura==2.3.1",)),
}


class Unavailable(Exception):
    """A peer cannot take part here; the message says why."""


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment, which is made if it is not there.  Raises Unavailable."""
    peer, folder = PEERS[name], HOME / "environments" / name
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    wanted = "\n".join(peer.requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"  making the environment of {name} …", file=sys.stderr, flush=True)
    base, uv = _interpreter(peer.python), Path(sys.executable).parent / "uv"
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [uv, "venv", "-q", "--python", base, folder],
        [uv, "pip", "install", "-q", "--compile-bytecode", "--python", python, *peer.requirements],
    ):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"its environment cannot be made: {done.stderr.strip().splitlines()[-1]}")
    stamp.write_text(wanted)
    return python


def versions(name: str) -> dict[str, str]:
    """Python and the packages asked for, as installed."""
    found = {requirement.partition("[")[0].partition("=")[0] for requirement in PEERS[name].requirements}
    script = (
        "import sys, importlib.metadata as m; print('python', sys.version.split()[0]);"
        f"[print(n, m.version(n)) for n in {sorted(found)!r}]"
    )
    done = subprocess.run([str(python_of(name)), "-c", script], capture_output=True, text=True, check=True)
    return dict(line.split(" ") for line in done.stdout.splitlines())


def _interpreter(least: tuple[int, int]) -> str:
    """A Python of at least that version that is installed: this one, one on the path, or one of pyenv's."""
    if sys.version_info >= least:
        return sys.executable
    candidates = [f"python3.{minor}" for minor in range(14, least[1] - 1, -1)]
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False).stdout.strip()
        candidates += [str(path) for path in sorted(Path(root).glob("versions/3.*/bin/python"), reverse=True)]
    test = f"import sys; sys.exit(sys.version_info < {least!r} or sys.version_info[3] != 'final')"
    for candidate in filter(None, map(shutil.which, candidates)):
        if subprocess.run([candidate, "-c", test], capture_output=True, check=False).returncode == 0:
            return candidate
    raise Unavailable(f"it needs Python {least[0]}.{least[1]} or newer, and none is installed")
