"""Binary PLY files of triangle meshes: double precision, the same bytes for the same mesh, exact both ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import InputError
from oral_architect.geometry.mesh import Mesh

Columns = Mapping[str, NDArray[Any]]
"""Property name to ``(n,)`` integers or floats, one for each vertex or face."""

_TYPE_OF_NAME = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_NAME_OF_TYPE = {
    "i1": "char", "u1": "uchar", "i2": "short", "u2": "ushort",
    "i4": "int", "u4": "uint", "f4": "float", "f8": "double",
}  # fmt: skip
_CORNERS = "vertex_indices"
_HEADER_LIMIT_BYTES = 65536


@dataclass(frozen=True, eq=False)
class PlyFile:
    """What a PLY file holds.

    Parameters
    ----------
    mesh
        The surface.
    vertex, face
        Further properties, ``(n,)`` for each vertex and ``(m,)`` for each face.
    """

    mesh: Mesh
    vertex: dict[str, NDArray[Any]] = field(default_factory=dict)
    face: dict[str, NDArray[Any]] = field(default_factory=dict)


def to_ply(mesh: Mesh, *, vertex: Columns | None = None, face: Columns | None = None) -> bytes:
    """Return a mesh as the bytes of a binary little-endian PLY file.

    Parameters
    ----------
    mesh
        Coordinates are written as doubles, so that reading gives the very same numbers.
    vertex, face
        Further properties: ``(n,)`` for each vertex, ``(m,)`` for each face; integers of at most 32 bits or floats.

    Raises
    ------
    InputError
        When a property has a type PLY does not know, a name it cannot hold or the wrong length, or a face points to a
        vertex that is not there.

    Notes
    -----
    Format: G. Turk, The PLY Polygon File Format, 1994.
    """
    vertex, face = _plain(vertex or {}, len(mesh.vertices)), _plain(face or {}, len(mesh.faces))
    if not _points_inside(mesh.faces, len(mesh.vertices)):
        raise InputError("a face of the mesh points to a vertex that is not there.")
    points = np.zeros(len(mesh.vertices), _vertex_type(vertex))
    for axis, name in enumerate("xyz"):
        points[name] = mesh.vertices[:, axis]
    corners = np.zeros(len(mesh.faces), _face_type(face))
    corners["count"] = 3
    corners[_CORNERS] = mesh.faces
    for table, columns in ((points, vertex), (corners, face)):
        for name, values in columns.items():
            table[name] = values
    return _header(len(points), len(corners), vertex, face) + points.tobytes() + corners.tobytes()


def write_ply(path: Path, mesh: Mesh, *, vertex: Columns | None = None, face: Columns | None = None) -> None:
    """Write a mesh to a file; see :func:`to_ply`."""
    path.write_bytes(to_ply(mesh, vertex=vertex, face=face))


def read_ply(path: Path) -> PlyFile:
    """Read a triangle mesh from a binary little-endian PLY file; see :func:`from_ply`."""
    return from_ply(path.read_bytes(), where=str(path))


def from_ply(content: bytes, *, where: str = "") -> PlyFile:
    """Read a triangle mesh from the bytes of a binary little-endian PLY file.

    Only what :func:`to_ply` and most mesh programs write is read here: scalar vertex properties and faces of three
    corners. Scans of unknown origin are read by ``oral_architect.scan``.

    Raises
    ------
    InputError
        When the content is not such a file, is cut short, or a face points to a vertex that is not there.
    """
    end = content.find(b"end_header\n", 0, _HEADER_LIMIT_BYTES)
    if not content.startswith(b"ply\n") or end < 0:
        raise InputError("this is not a PLY file.", where=where)
    tables = _layout(content[:end].decode("ascii", "replace").split("\n"), where)
    offset = end + len(b"end_header\n")
    found: dict[str, NDArray[Any]] = {}
    for element, count, dtype in tables:
        if len(content) - offset < count * dtype.itemsize:
            raise InputError(
                f"the file is cut short: {count} entries of '{element}' are announced, the bytes end before.",
                where=where,
            )
        found[element] = np.frombuffer(content, dtype, count, offset)
        offset += count * dtype.itemsize
    return _assemble(found, where)


def _assemble(found: dict[str, NDArray[Any]], where: str) -> PlyFile:
    points, corners = found.get("vertex"), found.get("face")
    if points is None or corners is None or not {"x", "y", "z"} <= set(points.dtype.names or ()):
        raise InputError("the PLY file holds no surface.", where=where)
    if not {"count", _CORNERS} <= set(corners.dtype.names or ()):
        raise InputError("the PLY file holds no surface.", where=where)
    if (corners["count"] != 3).any():
        raise InputError("the PLY file holds faces that are not triangles.", where=where)
    indices = corners[_CORNERS]
    if not _points_inside(indices, len(points)):
        raise InputError("a face of the PLY file points to a vertex that is not there.", where=where)
    mesh = Mesh(np.stack([points[axis] for axis in "xyz"], axis=1), indices)
    return PlyFile(
        mesh,
        {name: points[name].copy() for name in points.dtype.names or () if name not in ("x", "y", "z")},
        {name: corners[name].copy() for name in corners.dtype.names or () if name not in ("count", _CORNERS)},
    )


def _points_inside(indices: NDArray[Any], vertices: int) -> bool:
    return not indices.size or (int(indices.min()) >= 0 and int(indices.max()) < vertices)


def _plain(columns: Columns, length: int) -> dict[str, NDArray[Any]]:
    checked = {}
    for name, given in columns.items():
        values = np.asarray(given, np.uint8) if given.dtype == np.bool_ else given
        if values.shape != (length,) or values.dtype.str[1:] not in _NAME_OF_TYPE:
            raise InputError(
                f"property '{name}' has shape {values.shape} and type {values.dtype}; "
                f"PLY needs ({length},) integers of at most 32 bits or floats."
            )
        if not name.isascii() or not name.isidentifier() or name in ("x", "y", "z", "count", _CORNERS):
            raise InputError(f"'{name}' cannot be the name of a PLY property.")
        checked[name] = values
    return checked


def _vertex_type(columns: Columns) -> np.dtype[Any]:
    return np.dtype([(axis, "<f8") for axis in "xyz"] + _fields(columns))


def _face_type(columns: Columns) -> np.dtype[Any]:
    return np.dtype([("count", "u1"), (_CORNERS, "<i4", (3,)), *_fields(columns)])


def _fields(columns: Columns) -> list[Any]:
    return [(name, "<" + values.dtype.str[1:]) for name, values in columns.items()]


def _header(vertices: int, faces: int, vertex: Columns, face: Columns) -> bytes:
    lines = ["ply", "format binary_little_endian 1.0", "comment mm", f"element vertex {vertices}"]
    lines += [f"property double {axis}" for axis in "xyz"] + list(_property_lines(vertex))
    lines += [f"element face {faces}", f"property list uchar int {_CORNERS}", *_property_lines(face), "end_header"]
    return ("\n".join(lines) + "\n").encode("ascii")


def _property_lines(columns: Columns) -> Iterator[str]:
    for name, values in columns.items():
        yield f"property {_NAME_OF_TYPE[values.dtype.str[1:]]} {name}"


def _layout(lines: list[str], where: str) -> list[tuple[str, int, np.dtype[Any]]]:
    """Each element with its count and the type of one entry, in the order of the file."""
    elements: list[tuple[str, int, list[Any]]] = []
    try:
        for line in lines:
            match line.split():
                case ["format", kind, _] if kind != "binary_little_endian":
                    raise InputError(f"PLY files of the form '{kind}' are not read here.", where=where)
                case ["element", name, count]:
                    elements.append((name, int(count), []))
                case ["property", "list", length, kind, _]:
                    # a list of three has a fixed size; other lengths are found out when the counts are read
                    elements[-1][2].extend(
                        [
                            ("count", "<" + _TYPE_OF_NAME[length]),
                            (_CORNERS, "<" + _TYPE_OF_NAME[kind], (3,)),
                        ]
                    )
                case ["property", kind, name]:
                    elements[-1][2].append((name, "<" + _TYPE_OF_NAME[kind]))
        if any(count < 0 for _, count, _ in elements):
            raise ValueError("negative count")
        return [(name, count, np.dtype(fields)) for name, count, fields in elements]
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"the header of the PLY file cannot be read ({error}).", where=where) from error
