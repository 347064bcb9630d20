"""One writer at a time: a lock file that says who writes, and that a dead process cannot keep."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from oral_architect.case.disk import explained
from oral_architect.errors import CaseError

LOCK_FILE = ".lock"
_LOCKED_BYTE = 1 << 20


@contextmanager
def locked(folder: Path) -> Iterator[int | None]:
    """Hold the right to write to a case folder.

    The operating system gives the lock back when its process ends, however it ends; the process id in the file is
    there to be read by people. So a lock file without a living owner never stands in the way.

    Yields
    ------
    int or None
        The process id of the last owner when it ended without giving the lock back.

    Raises
    ------
    CaseError
        When another process holds the lock, or the folder cannot be written to.
    """
    path = folder / LOCK_FILE
    with explained(folder):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _seize(descriptor):
            owner = _owner(path)
            who = f"process {owner.pid} on {owner.host}" if owner else "another process"
            raise CaseError(
                f"{who} is writing to this case.", where=str(folder), todo="Wait until it is done, or end it."
            )
        left_by = _owner(path)
        with explained(folder):
            _rewrite(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        try:
            yield left_by.pid if left_by else None
        finally:
            with suppress(OSError):
                _rewrite(descriptor, "")
    finally:
        os.close(descriptor)


class _Owner(NamedTuple):
    pid: int
    host: str


def _owner(path: Path) -> _Owner | None:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return _Owner(int(owner["pid"]), str(owner["host"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _rewrite(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, text.encode())


if sys.platform == "win32":
    import msvcrt

    def _seize(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _seize(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # a disk without locks (some network mounts): better to write than to refuse every case on it
            return True
        return True
