"""Writing that is either done or not done: aside, flushed to the disk, then renamed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oral_architect.errors import CaseError

_BLOCK_BYTES = 1 << 20


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, as ``sha256sum`` prints it."""
    return hashlib.sha256(content).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, as ``sha256sum`` prints it."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            total.update(block)
    return total.hexdigest()


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and wait until it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        sync_file(file.fileno())


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file in one step: whoever reads finds the old one or the new one, never a part."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    try:
        write_file(aside, content)
        move(aside, path)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def move(source: Path, target: Path) -> None:
    """Rename within one disk and wait until both folders are on the disk."""
    source.replace(target)
    sync_folder(target.parent)
    if source.parent != target.parent:
        sync_folder(source.parent)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it; nothing happens when it is not there."""
    if path.exists():
        shutil.rmtree(path)


def sync_file(descriptor: int) -> None:
    """Wait until an open file is on the disk."""
    os.fsync(descriptor)


def sync_tree(path: Path) -> None:
    """Wait until a folder and the folders in it are on the disk."""
    for folder in [*(p for p in sorted(path.rglob("*")) if p.is_dir()), path]:
        sync_folder(folder)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name == "nt":  # Windows cannot open folders; its renames are written through
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # some network disks refuse to flush a folder; the files themselves have been flushed
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says into words a dentist can act on.

    Raises
    ------
    CaseError
        When anything in the block raises ``OSError``.
    """
    try:
        yield
    except OSError as error:
        what, todo = _words(error)
        raise CaseError(what, where=str(path), todo=todo) from error


def _words(error: OSError) -> tuple[str, str]:
    unknown = (f"the disk reports: {error.strerror or error}.", "Check the disk, or choose another folder.")
    return _WORDS.get(error.errno or 0, unknown)


_FULL = ("the disk is full.", "Free some space or choose another folder; what was there before is unchanged.")
_FORBIDDEN = ("writing or reading here is not allowed.", "Choose another folder or ask for the right to use this one.")
_A_FILE = ("there is a file where a folder is needed.", "Choose another folder.")
_WORDS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: ("this place can only be read.", "Choose a folder that can be written to."),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOTDIR: _A_FILE,
    errno.EEXIST: _A_FILE,
    errno.ENAMETOOLONG: ("the path is too long.", "Choose a shorter folder name."),
    errno.ENOENT: ("this is not there.", "Check the path."),
}
