"""Read 3MF with lib3mf: the objects that are to be built, each where the file places it, in the file's unit."""

from __future__ import annotations

import zipfile
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.raw import MAX_VERTICES, RawSurface, Source, build

NAME = "3MF"
EXTENSIONS = (".3mf",)

_UNITS = {0: "um", 1: "mm", 2: "cm", 3: "inch", 5: "m"}
_FOOT = 4
_MAX_UNPACKED = 3 << 30
"""Bytes; a 3MF of five million triangles unpacks to about a third of it."""
_MAX_DEPTH = 16

Piece = tuple[NDArray[np.float64], NDArray[np.int64]]


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are a zip archive with a 3D model in it."""
    return data[:4] == b"PK\x03\x04" and b"3D/" in data and b".model" in data


def read(source: Source) -> RawSurface:
    """Read every build item.

    Raises
    ------
    ScanError
        When lib3mf refuses the file, it unpacks to something absurd, or holds no mesh.
    """
    _check_archive(source)
    from lib3mf import Lib3MF

    try:
        model = _wrapper().CreateModel()
        model.QueryReader("3mf").ReadFromFile(str(source.path))
        pieces: list[Piece] = []
        items = model.GetBuildItems()
        while items.MoveNext():
            item = items.GetCurrent()
            pose = _matrix(item.GetObjectTransform()) if item.HasObjectTransform() else np.eye(4)
            _collect(source, model, item.GetObjectResource(), pose, pieces, depth=0)
        unit = int(model.GetUnit())
    except Lib3MF.ELib3MFException as error:
        raise source.refuse(f"the 3MF file is damaged: {str(error)[:200]}") from error
    if not pieces:
        raise source.refuse("the 3MF file has nothing to build in it")
    offsets = np.cumsum([0, *(len(vertices) for vertices, _ in pieces[:-1])])
    vertices = np.concatenate([vertices for vertices, _ in pieces])
    faces = np.concatenate([faces + offset for (_, faces), offset in zip(pieces, offsets, strict=True)])
    if unit == _FOOT:
        vertices, name = vertices * 12, "inch"
    else:
        name = _UNITS[unit]
    return build(source, vertices, faces, unit=name, unit_note="the 3MF file declares it")


@cache
def _wrapper() -> Any:
    """Loading the library takes longer than reading a small file."""
    from lib3mf import get_wrapper

    return get_wrapper()


def _check_archive(source: Source) -> None:
    try:
        with zipfile.ZipFile(source.path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise source.refuse("the 3MF archive is damaged or cut off") from error
    if unpacked > _MAX_UNPACKED:
        raise source.refuse(f"the 3MF archive would unpack to {unpacked / 2**30:.0f} GB")


def _collect(
    source: Source, model: Any, thing: Any, pose: NDArray[np.float64], pieces: list[Piece], *, depth: int
) -> None:
    if depth > _MAX_DEPTH:
        raise source.refuse("the 3MF components are nested too deeply")
    number = thing.GetResourceID()
    if thing.IsMeshObject():
        mesh = model.GetMeshObjectByID(number)
        if sum(len(vertices) for vertices, _ in pieces) + mesh.GetVertexCount() > MAX_VERTICES:
            raise source.refuse("the 3MF file places too many copies of its meshes")
        if mesh.GetTriangleCount():
            vertices = _floats(mesh.GetVertices()).astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
            pieces.append((vertices, _integers(mesh.GetTriangleIndices())))
    elif thing.IsComponentsObject():
        group = model.GetComponentsObjectByID(number)
        for index in range(group.GetComponentCount()):
            part = group.GetComponent(index)
            local = _matrix(part.GetTransform()) if part.HasTransform() else np.eye(4)
            _collect(source, model, part.GetObjectResource(), pose @ local, pieces, depth=depth + 1)


def _matrix(transform: Any) -> NDArray[np.float64]:
    """lib3mf stores three axes and a translation as rows."""
    matrix = np.eye(4)
    matrix[:3, :] = np.array([list(row) for row in transform.Fields], dtype=np.float64).T
    return matrix


def _floats(positions: list[Any]) -> NDArray[np.float32]:
    kind = type(positions[0])
    return np.frombuffer((kind * len(positions))(*positions), dtype=np.float32).reshape(-1, 3)


def _integers(triangles: list[Any]) -> NDArray[np.int64]:
    kind = type(triangles[0])
    return np.frombuffer((kind * len(triangles))(*triangles), dtype=np.uint32).reshape(-1, 3).astype(np.int64)
