"""Read Wavefront OBJ: vertices and faces; texture and normal indices are skipped, negative indices resolved."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.raw import RawSurface, Source, as_indices, build, parse_numbers, triangulate
from oral_architect.scan.units import unit_in_text

NAME = "OBJ"
EXTENSIONS = (".obj",)

_VERTEX = re.compile(rb"^[ \t]*v[ \t]+[-+.\dnNiI]", re.MULTILINE)
_TEXTURE_AND_NORMAL = re.compile(rb"/[^\s]*")
_BLANKS = (b"v ", b"v\t")
_FACES = (b"f ", b"f\t")


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are an OBJ file: text with vertex lines."""
    head = data[: 1 << 16]
    return b"\0" not in head and _VERTEX.search(head) is not None


def read(source: Source) -> RawSurface:
    """Read all ``v`` and ``f`` lines.

    Raises
    ------
    ScanError
        When a line is not numbers, or a face points at a vertex that is not there.
    """
    text = source.data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
    lines = [line.strip() for line in text.splitlines()]
    vertex_lines = [line for line in lines if line.startswith(_BLANKS)]
    face_lines = [line for line in lines if line.startswith(_FACES)]
    vertices = _parse_vertices(source, vertex_lines)
    bare = _TEXTURE_AND_NORMAL.sub(b"", b"\n".join(line[2:] for line in face_lines))
    corners = as_indices(source, parse_numbers(source, bare, "faces"), "faces")
    sizes = np.array([len(line.split()) - 1 for line in face_lines], dtype=np.int64)
    if sizes.sum() != len(corners):
        raise source.refuse("a face line is malformed")
    if (corners == 0).any():
        raise source.refuse("a face points at vertex 0; OBJ counts from 1")
    seen = _vertices_before(lines) if (corners < 0).any() else np.zeros(0, dtype=np.int64)
    absolute = corners - 1
    if len(seen):
        absolute = np.where(corners < 0, np.repeat(seen, sizes) + corners, absolute)
    unit, unit_note = unit_in_text(b"\n".join(line for line in lines[:200] if line.startswith(b"#")))
    return build(source, vertices, triangulate(absolute, sizes), unit=unit, unit_note=unit_note)


def _parse_vertices(source: Source, lines: list[bytes]) -> NDArray[np.float64]:
    """Vertex lines may carry a weight or a colour after the three coordinates."""
    numbers = parse_numbers(source, b"\n".join(line[2:] for line in lines), "vertices")
    width = len(lines[0].split()) - 1 if lines else 3
    if width < 3 or len(numbers) != width * len(lines):
        short = b"\n".join(b" ".join(line.split()[1:4]) for line in lines)
        numbers, width = parse_numbers(source, short, "vertices"), 3
        if len(numbers) != width * len(lines):
            raise source.refuse("a vertex has fewer than three coordinates")
    return numbers.reshape(-1, width)[:, :3]


def _vertices_before(lines: list[bytes]) -> NDArray[np.int64]:
    """``(f,) int``: for each face line, how many vertices come before it."""
    kinds = np.array([1 if line.startswith(_BLANKS) else 2 if line.startswith(_FACES) else 0 for line in lines])
    return np.asarray(np.cumsum(kinds == 1)[kinds == 2], dtype=np.int64)
