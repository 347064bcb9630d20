"""What a stage's result depends on: its inputs, its settings, and the code that may have had a hand in it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

import oral_architect

HOUSE_ORDER = (
    "reference", "geometry", "teeth", "phantom", "scan", "anatomy", "genetics", "findings", "design",
    "programme", "twin", "trust", "delivery", "outcome", "clinic", "web",
)  # fmt: skip
"""Rooms in the order the data flows; each imports only from those before it."""

_CODE_AND_DATA = {".py", ".csv", ".json", ".npz", ".npy", ".onnx", ".js", ".css", ".html", ".toml", ".txt"}


@cache
def code_version(room: str) -> str:
    """Return what stands for the code of a room and of all rooms it may import from.

    The version alone would call a result unchanged while the program is being worked on; the digest of every
    source and data file up to this room in the house order does not.

    Parameters
    ----------
    room
        Folder name in ``oral_architect``; anything else stands for the whole program.
    """
    rooms = HOUSE_ORDER[: HOUSE_ORDER.index(room) + 1] if room in HOUSE_ORDER else HOUSE_ORDER
    total = hashlib.sha256(_room_digest("").encode())
    for name in rooms:
        total.update(_room_digest(name).encode())
    return f"{oral_architect.__version__}+{total.hexdigest()[:16]}"


def room_of(module: str) -> str:
    """Return the room a module belongs to, an empty string for one outside this program."""
    parts = module.split(".")
    return parts[1] if parts[0] == oral_architect.__name__ and len(parts) > 1 else ""


@cache
def _room_digest(room: str) -> str:
    """Digest of the files of a room; an empty name means the files at the top that every room may use."""
    root = Path(str(files(oral_architect)))
    found = [root / "errors.py"] if not room else sorted(p for p in (root / room).rglob("*") if _counts(p))
    total = hashlib.sha256()
    for path in found:
        total.update(f"{path.relative_to(root).as_posix()}\n".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _counts(path: Path) -> bool:
    return path.suffix in _CODE_AND_DATA and path.is_file() and "__pycache__" not in path.parts
