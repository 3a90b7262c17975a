"""Locations: files on a disk or on a file system of fsspec (s3, gs, az, sftp, http …).  I/O.

A location with "://" is fsspec's; its credentials come from the environment (AWS_*, GOOGLE_*, ~/.ssh) or from given
options (etl.sources.credentials), never from a URL.  Any other location is a path, read without fsspec.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from etl.errors import Fatal, Retryable, Usage, WirecopyError
from etl.web.addresses import hosts
from etl.web.urls import without_credentials

ACCESS_ERRORS = {"AuthenticationException", "BadAuthenticationType", "NoCredentialsError", "ClientAuthenticationError"}
"""Class names of paramiko, botocore and azure, since none of these has to be installed."""

OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"}
"""Protocols by which a file is there when it is whole, however it is written, and needs no folder."""
PUT_S, PUT_BYTES_S = 300, 100_000
"""How long a file may take to be written elsewhere: so many seconds, and one for each so many bytes."""


def is_remote(location: str) -> bool:
    return "://" in location


@dataclass(frozen=True, slots=True)
class Reach:
    """Settings of network access to files.

    user_agent, allow_hosts  for files on web servers, and which of these may be on private addresses
    options                  of other file systems, with credentials: never shown, never written
    """

    user_agent: str = ""
    allow_hosts: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


def filesystem(location: str, reach: Reach = Reach()) -> tuple[Any, str]:  # it is frozen
    """The file system of a remote location, and the location's path in it.

    Raises Usage for an unknown protocol, or one whose library is not installed; and as named_errors() does, since some
    file systems connect at once.
    """
    import fsspec

    if location.startswith(("http://", "https://")):
        from etl.web import client as web

        web.require_user_agent(reach.user_agent)
        client = partial(web.client, reach.user_agent, hosts(reach.allow_hosts))
        return fsspec.filesystem("http", get_client=client, skip_instance_cache=True), location
    with named_errors(location):
        try:
            named = fsspec.get_filesystem_class(location.partition("://")[0])._get_kwargs_from_urls(location)
            options = {name: value for name, value in reach.options.items() if name not in named}
            found: tuple[Any, str] = fsspec.core.url_to_fs(location, **options)
        except (ImportError, ValueError, TypeError) as error:
            raise Usage(f"{without_credentials(location)}: {error}") from None
        return found


def is_below(path: str) -> bool:
    """Whether a relative path stays below what it is relative to; links are not looked at."""
    return not {"", ".", ".."} & set(path.split("/")) and "\x00" not in path


def join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if is_remote(folder) else os.path.join(folder, name)


def make_folder(folder: str) -> None:
    """Make a folder on this machine; elsewhere they come with their files."""
    if not is_remote(folder):
        os.makedirs(folder, exist_ok=True)


def names(folder: str) -> list[str]:
    """Names of the files in a folder, in order; none where there is no such folder."""
    if not is_remote(folder):
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_file()) if os.path.isdir(folder) else []
    files, path = filesystem(folder)
    with named_errors(folder):
        try:
            found = files.ls(path, detail=True, refresh=True)
        except FileNotFoundError:
            return []
    return sorted(str(each["name"]).rpartition("/")[2] for each in found if each["type"] == "file")


def names_below(folder: str) -> list[str]:
    """Paths below a folder of all its files, in order; none where there is no such folder."""
    if not is_remote(folder):
        return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())
    files, top = filesystem(folder)
    with named_errors(folder):
        return sorted(path[len(top) :].strip("/") for path in files.find(top))


def exists(location: str, reach: Reach = Reach()) -> bool:  # it is frozen
    if not is_remote(location):
        return os.path.exists(location)
    files, path = filesystem(location, reach)
    try:
        with named_errors(location):
            files.info(path)  # exists() of most file systems takes any error for "no"
    except FileNotFoundError:
        return False
    return True


def read(location: str) -> bytes | None:
    """The content of a small file; None if it does not exist."""
    try:
        if not is_remote(location):
            return Path(location).read_bytes()
        files, path = filesystem(location)
        with named_errors(location):
            content: bytes = files.cat_file(path)
            return content
    except FileNotFoundError:
        return None


def write(location: str, content: bytes) -> None:
    """Write a small file, whole or not at all."""
    with written(location) as stream:
        stream.write(content)


def create(location: str, content: bytes) -> bool:
    """Write a small file, whole, where there is none; whether this call did it, and none of others at the same time.

    Exact on this machine, on shared disks, on S3 and wherever else fsspec's mode "create" is; other file systems look
    first and then write.
    """
    if not is_remote(location):
        partial = begin(location)
        try:
            partial.write_bytes(content)
            os.link(partial, location)
        except FileExistsError:
            return False
        finally:
            partial.unlink(missing_ok=True)
        return True
    files, path = filesystem(location)
    with named_errors(location):
        try:
            files.pipe_file(path, content, mode="create")
        except OSError as error:  # each file system has its own for this
            if isinstance(error, FileExistsError) or files.exists(path):
                return False
            raise
    return True


@contextmanager
def written(location: str) -> Iterator[BinaryIO]:
    """A file to write; it gets its name when the block ends without an error, else it is removed."""
    partial = begin(location)
    try:
        with open(partial, "wb") as stream:
            yield stream
        finish(partial, location)
    finally:
        partial.unlink(missing_ok=True)


def begin(location: str) -> Path:
    """A path on this machine for a file that finish() moves to its location.  No reader takes files of such names."""
    if is_remote(location):
        handle, name = tempfile.mkstemp(prefix="wirecopy-")
        os.close(handle)
        return Path(name)
    target = Path(location)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Workers on two machines may have the same number.
    return target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}.part")


def sweep(folder: str, older_than_s: float) -> None:
    """Remove files that killed writers left in a folder on this machine and that are older than that."""
    if is_remote(folder) or not os.path.isdir(folder):
        return
    for path in Path(folder).rglob(".*.part"):
        if path.stat().st_mtime < time.time() - older_than_s:
            path.unlink(missing_ok=True)


def finish(partial: Path, location: str) -> None:
    """Move a complete file to its location, atomically and durably."""
    with open(partial, "rb+") as stream:
        os.fsync(stream.fileno())  # a name must never stand for bytes that a power cut can take
    if not is_remote(location):
        os.replace(partial, location)
        return
    files, path = filesystem(location)
    with named_errors(location):
        if location.partition("://")[0] in OBJECT_STORES:
            _put(files, partial, path)
        else:
            files.makedirs(files._parent(path), exist_ok=True)
            _put(files, partial, f"{path}.part")
            files.mv(f"{path}.part", path)
    partial.unlink()


def _put(files: Any, partial: Path, path: str) -> None:
    """Copy a file elsewhere.

    Raises Retryable where that takes longer than PUT_S allows: S3 asks for a leave to send ("100 Continue"), and no
    timeout of its libraries holds while it waits for that.
    """
    if not files.async_impl:
        files.put_file(str(partial), path)
        return
    from fsspec import asyn

    size = partial.stat().st_size
    seconds = PUT_S + size / PUT_BYTES_S
    try:
        asyn.sync(files.loop, files._put_file, str(partial), path, timeout=seconds)
    except asyn.FSTimeoutError:
        raise Retryable(f"{path} cannot be written: {size} bytes were not taken within {seconds:.0f} s") from None


@contextmanager
def opened(location: str) -> Iterator[Any]:
    """A file to read, as pyarrow takes it: a path on this machine, or an open remote file."""
    if not is_remote(location):
        yield location
        return
    files, path = filesystem(location)
    with named_errors(location), files.open(path, "rb") as stream:
        yield stream


def move(folder: str, target: str) -> None:
    """Give a folder another name; a missing one is no error.  Raises Usage where the name is taken."""
    if not exists(folder):
        return
    if exists(target):
        raise Usage(f"{without_credentials(target)} is there already; move it away, or put the two together by hand")
    if not is_remote(folder):
        os.rename(folder, target)
        return
    files, path = filesystem(folder)
    with named_errors(folder):
        files.mv(path, filesystem(target)[1], recursive=True)


def remove(location: str) -> None:
    """Remove a file, or a folder with its contents; a missing one is no error."""
    if not is_remote(location):
        if os.path.isfile(location):
            Path(location).unlink(missing_ok=True)
        else:
            shutil.rmtree(location, ignore_errors=True)
        return
    files, path = filesystem(location)
    with named_errors(location), suppress(FileNotFoundError):
        files.rm(path, recursive=True)


def link(folder: str, target: str, chosen: Callable[[str], bool]) -> None:
    """Give another folder files of this one as well: hard links on a disk, else copies by the server.

    chosen  whether a file is, by its path below the folder
    """
    some = [name for name in names_below(folder) if chosen(name)]
    if is_remote(folder):
        (files, top), (_, other) = filesystem(folder), filesystem(target)
        with named_errors(folder):
            files.copy([f"{top}/{name}" for name in some], [f"{other}/{name}" for name in some])  # many at once
        return
    for name in some:
        make_folder(os.path.dirname(join(target, name)))
        with suppress(FileExistsError):
            os.link(join(folder, name), join(target, name))


def last_written(root: str, depth: int) -> dict[str, float]:
    """Time of the last write in each folder at that depth below root, in seconds since 1970.

    A link counts as the file that it is; the folder that it names is not looked into.
    """
    if not is_remote(root):
        return {f: max(os.lstat(path).st_mtime for path in [f, *_within(f)]) for f in _folders(root, depth)}
    files, top = filesystem(root)
    written: dict[str, float] = {}
    with named_errors(root):
        for path in files.find(top):  # an object store knows no folders, only files
            names = path[len(top) :].strip("/").split("/")
            if len(names) > depth and path.startswith(top) and is_below("/".join(names)):
                folder = "/".join([root.rstrip("/"), *names[:depth]])
                written[folder] = max(written.get(folder, 0.0), files.modified(path).timestamp())
    return written


def _folders(root: str, depth: int) -> list[str]:
    """Folders so far below root; links are none."""
    found = [root]
    for _ in range(depth):
        found = [e.path for folder in found if os.path.isdir(folder) for e in os.scandir(folder) if _is_folder(e)]
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _within(folder: str) -> list[str]:
    return [entry.path for entry in os.scandir(folder)]


@contextmanager
def named_errors(location: str) -> Iterator[None]:
    """Raises Retryable for a location that cannot be reached, Fatal for one that denies access."""
    where = without_credentials(location)
    try:
        yield
    except WirecopyError:
        raise
    except FileNotFoundError as error:  # of a web server that does not answer fsspec says the same
        cause = error.__cause__
        is_gone = isinstance(cause, FileNotFoundError) or getattr(cause, "status", 0) in (404, 410)
        if location.startswith("http") and cause is not None and not is_gone:
            raise Retryable(f"{where} cannot be reached: {cause}") from error
        raise
    except PermissionError as error:
        raise Fatal(f"{where}: no access ({error}); look at its connection or the environment") from error
    except Exception as error:  # botocore, aiohttp, paramiko … have no root in common
        if type(error).__name__ in ACCESS_ERRORS:
            raise Fatal(f"{where}: no access ({error}); look at its connection or the environment") from error
        raise Retryable(f"{where} cannot be reached: {type(error).__name__} {error}") from error
