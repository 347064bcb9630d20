"""Read OFF (Object File Format), text form, with or without colours and normals."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.raw import RawSurface, Source, as_indices, build, parse_numbers, triangulate
from oral_architect.scan.units import unit_in_text

NAME = "OFF"
EXTENSIONS = (".off",)

_MAGIC = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(ST)?C?N?OFF\b")
_COMMENT = re.compile(rb"#[^\n]*")


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are an OFF file."""
    return _MAGIC.match(data[:4096]) is not None


def read(source: Source) -> RawSurface:
    """Read vertices and polygons.

    Raises
    ------
    ScanError
        When the file is binary OFF, malformed, or ends early.
    """
    magic = _MAGIC.match(source.data[:4096])
    body = source.data[magic.end() :] if magic else source.data
    if body.lstrip()[:6].upper() == b"BINARY":
        raise source.refuse("binary OFF files are not read")
    unit, unit_note = unit_in_text(b"\n".join(_COMMENT.findall(source.data[:4096])))
    text = _COMMENT.sub(b"", body) if b"#" in body else body
    lines = [line for line in text.splitlines() if line.strip()]
    counts = parse_numbers(source, lines[0] if lines else b"", "counts")
    if len(counts) < 2:
        raise source.refuse("the OFF header does not say how many vertices and faces follow")
    n_vertices, n_faces = (int(c) for c in as_indices(source, counts[:2], "counts"))
    if min(n_vertices, n_faces) < 0 or n_vertices + n_faces > len(lines) - 1:
        raise source.refuse(
            f"the file is cut off: it promises {n_vertices} vertices and {n_faces} faces in {len(lines) - 1} lines"
        )
    vertices = _parse_vertices(source, lines[1 : 1 + n_vertices])
    faces = _parse_faces(source, lines[1 + n_vertices : 1 + n_vertices + n_faces])
    return build(source, vertices, faces, unit=unit, unit_note=unit_note)


def _parse_vertices(source: Source, lines: list[bytes]) -> NDArray[np.float64]:
    numbers = parse_numbers(source, b"\n".join(lines), "vertices")
    width = len(numbers) // len(lines) if lines else 3
    if width < 3 or width * len(lines) != len(numbers):
        raise source.refuse("the vertices do not all have the same number of values")
    return numbers.reshape(-1, width)[:, :3]


def _parse_faces(source: Source, lines: list[bytes]) -> NDArray[np.int64]:
    """A face line is the number of corners, the corners, and perhaps a colour."""
    numbers = parse_numbers(source, b"\n".join(lines), "faces")
    width = len(numbers) // len(lines) if lines else 0
    if lines and width * len(lines) == len(numbers):
        rows = numbers.reshape(-1, width)
        size = int(np.nan_to_num(rows[0, 0]))
        if (rows[:, 0] == size).all() and 1 <= size < width:
            corners = as_indices(source, rows[:, 1 : 1 + size].reshape(-1), "faces")
            return triangulate(corners, np.full(len(rows), size))
    sizes, corners_of = [], [np.zeros(0, dtype=np.int64)]
    for line in lines:
        row = parse_numbers(source, line, "faces")
        size = int(as_indices(source, row[:1], "faces")[0])
        if not 0 <= size < len(row):
            raise source.refuse("a face has fewer corners than it says")
        sizes.append(size)
        corners_of.append(as_indices(source, row[1 : 1 + size], "faces"))
    return triangulate(np.concatenate(corners_of), np.array(sizes, dtype=np.int64))
