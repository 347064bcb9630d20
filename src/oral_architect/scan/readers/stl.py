"""Read STL, binary and ASCII: three vertices a facet, in facet order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.raw import RawSurface, Source, build
from oral_architect.scan.units import unit_in_text

NAME = "STL"
EXTENSIONS = (".stl",)

_HEADER = 84
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_CHUNK = 16 << 20


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are an STL file."""
    return _is_binary(data) or _is_ascii(data)


def read(source: Source) -> RawSurface:
    """Read the facets.

    Raises
    ------
    ScanError
        When the file ends before its last facet or holds none.
    """
    if not _is_binary(source.data) and _is_ascii(source.data):
        return _read_ascii(source)
    return _read_binary(source)


def _promised(data: bytes) -> int:
    return int.from_bytes(data[80:_HEADER], "little")


def _is_binary(data: bytes) -> bool:
    """A binary file is known by its length alone: some exporters begin its header with 'solid' too."""
    return len(data) >= _HEADER and 0 < _promised(data) == (len(data) - _HEADER) / _RECORD.itemsize


def _is_ascii(data: bytes) -> bool:
    head = data[:4096].lower()
    return head.lstrip().startswith(b"solid") and (b"facet" in head or b"endsolid" in head)


def _read_binary(source: Source) -> RawSurface:
    data = source.data
    if len(data) < _HEADER:
        raise source.refuse(f"the file is {len(data)} bytes long; a binary STL has at least {_HEADER}")
    promised = _promised(data)
    found = (len(data) - _HEADER) // _RECORD.itemsize
    if found < promised:
        raise source.refuse(
            f"the file is cut off or not an STL: it promises {promised} triangles and holds {found}",
            "Copy or export the scan again; the transfer was probably interrupted.",
        )
    extra = len(data) - _HEADER - promised * _RECORD.itemsize
    notes = (f"{extra} bytes after the last triangle were ignored",) if extra else ()
    records = np.frombuffer(data, dtype=_RECORD, count=promised, offset=_HEADER)
    unit, unit_note = unit_in_text(data[:80])
    return _soup(source, records["corners"].reshape(-1, 3), unit, unit_note, notes)


def _read_ascii(source: Source) -> RawSurface:
    data = source.data
    notes: tuple[str, ...] = ()
    if b"endsolid" not in data[-4096:].lower():
        notes = ("the file does not end with 'endsolid'; it may have been cut off",)
    pieces = []
    start = 0
    while start < len(data):
        # cut where a facet ends, so that no vertex is torn apart
        end = len(data) if start + _CHUNK >= len(data) else data.find(b"\n", start + _CHUNK) + 1 or len(data)
        pieces.append(_ascii_vertices(source, data[start:end]))
        start = end
    corners = np.concatenate(pieces)
    if len(corners) % 3:
        raise source.refuse(
            f"the file is cut off: its last facet, number {len(corners) // 3 + 1}, has {len(corners) % 3} of 3 vertices"
        )
    unit, unit_note = unit_in_text(data[:400].split(b"\n", 1)[0])
    return _soup(source, corners, unit, unit_note, notes)


def _ascii_vertices(source: Source, chunk: bytes) -> NDArray[np.float64]:
    words = np.array(chunk.lower().split(), dtype="S32")
    at = np.flatnonzero(words == b"vertex")
    if len(at) == 0:
        return np.zeros((0, 3))
    if at[-1] + 3 >= len(words):
        raise source.refuse("the file is cut off in the middle of a vertex")
    try:
        return np.asarray(words[at[:, None] + [1, 2, 3]].astype(np.float64))
    except ValueError as error:
        raise source.refuse("a vertex holds something that is not a number") from error


def _soup(
    source: Source, corners: NDArray[np.floating], unit: str | None, unit_note: str, notes: tuple[str, ...]
) -> RawSurface:
    faces = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    return build(source, corners, faces, unit=unit, unit_note=unit_note, notes=notes)
