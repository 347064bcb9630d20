"""Read GLB, the binary form of glTF 2.0: the triangles of the scene, placed by its nodes, in metres by the standard.

Written here because vertex order matters: general loaders merge, split and reorder vertices.
Source of the layout: Khronos glTF 2.0 specification, sections 3.6 (accessors), 3.7.2 (meshes) and 4.4 (GLB).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.raw import MAX_VERTICES, RawSurface, Source, build

NAME = "GLB"
EXTENSIONS = (".glb",)

_JSON = 0x4E4F534A
_BIN = 0x004E4942
_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_MAX_NODES = 100_000
_UNREADABLE = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")


@dataclass(frozen=True)
class _Chunks:
    tree: dict[str, Any]
    binary: bytes


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are a GLB file."""
    return data[:4] == b"glTF"


def read(source: Source) -> RawSurface:
    """Read the triangles of the default scene, node after node.

    Raises
    ------
    ScanError
        When the file is cut off, malformed, compressed or needs another file.
    """
    chunks = _split(source)
    needed = [name for name in chunks.tree.get("extensionsRequired", []) if name in _UNREADABLE]
    if needed:
        raise source.refuse(f"the GLB file is compressed with {needed[0]}", "Export it without mesh compression.")
    try:
        return _read_scene(source, chunks)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise source.refuse(f"the glTF description is malformed ({type(error).__name__}: {error})") from error


def _split(source: Source) -> _Chunks:
    data = source.data
    length = int.from_bytes(data[8:12], "little")
    if len(data) < 20 or length > len(data):
        raise source.refuse(f"the file is cut off: it promises {length} bytes and holds {len(data)}")
    tree, binary, at = None, b"", 12
    while at + 8 <= length:
        size, kind = (int.from_bytes(data[i : i + 4], "little") for i in (at, at + 4))
        chunk = data[at + 8 : at + 8 + size]
        if kind == _JSON and tree is None:
            try:
                tree = json.loads(chunk)
            except (ValueError, RecursionError) as error:
                raise source.refuse("the glTF description is not JSON") from error
        elif kind == _BIN and not binary:
            binary = chunk
        at += 8 + size
    if not isinstance(tree, dict):
        raise source.refuse("the GLB file has no glTF description")
    return _Chunks(tree, binary)


def _read_scene(source: Source, chunks: _Chunks) -> RawSurface:
    vertices, faces = [np.zeros((0, 3))], [np.zeros((0, 3), dtype=np.int64)]
    total = 0
    for mesh, pose in _placed_meshes(source, chunks.tree):
        for primitive in chunks.tree["meshes"][mesh]["primitives"]:
            if primitive.get("mode", _TRIANGLES) not in (_TRIANGLES, _STRIP, _FAN):
                continue  # points and lines are no surface
            points = _accessor(source, chunks, primitive["attributes"]["POSITION"], 3)
            corners = _corners(source, chunks, primitive, len(points))
            vertices.append(points.astype(np.float64) @ pose[:3, :3].T + pose[:3, 3])
            # a mirroring node turns the winding round (glTF 2.0, 3.7.4)
            faces.append((corners[:, ::-1] if np.linalg.det(pose[:3, :3]) < 0 else corners) + total)
            total += len(points)
            if total > MAX_VERTICES:
                raise source.refuse("the GLB file places too many copies of its meshes")
    return build(
        source,
        np.concatenate(vertices),
        np.concatenate(faces),
        unit="m",
        unit_note="glTF files are in metres by their standard",
    )


def _placed_meshes(source: Source, tree: dict[str, Any]) -> list[tuple[int, NDArray[np.float64]]]:
    """Walk the nodes depth first, in the order of the file."""
    nodes = tree.get("nodes", [])
    roots = tree["scenes"][tree.get("scene", 0)].get("nodes", []) if "scenes" in tree else range(len(nodes))
    placed = []
    stack = [(_index(root), np.eye(4), 0) for root in reversed(roots)]
    visits = 0
    while stack:
        number, parent, depth = stack.pop()
        visits += 1
        if visits > _MAX_NODES or depth > len(nodes):
            raise source.refuse("the glTF nodes go round in a circle")
        pose = parent @ _local_pose(nodes[number])
        if "mesh" in nodes[number]:
            placed.append((_index(nodes[number]["mesh"]), pose))
        stack += [(_index(child), pose, depth + 1) for child in reversed(nodes[number].get("children", []))]
    return placed


def _index(value: Any) -> int:
    """Refuse negative indices, which Python would count from the end."""
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no index")
    return value


def _local_pose(node: dict[str, Any]) -> NDArray[np.float64]:
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    x, y, z, w = (float(q) for q in node.get("rotation", (0, 0, 0, 1)))
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    pose = np.eye(4)
    pose[:3, :3] = rotation * np.array(node.get("scale", (1, 1, 1)), dtype=np.float64)
    pose[:3, 3] = np.array(node.get("translation", (0, 0, 0)), dtype=np.float64)
    return pose


def _accessor(source: Source, chunks: _Chunks, number: int, width: int) -> NDArray[np.generic]:
    """``(n, width)``; an accessor that promises more than its buffer holds is refused by numpy before allocation."""
    accessor = chunks.tree["accessors"][_index(number)]
    if "sparse" in accessor or "bufferView" not in accessor:
        raise source.refuse("the GLB file uses sparse accessors, which are not read")
    if _WIDTHS[accessor["type"]] != width:
        raise ValueError(f"accessor {number} is {accessor['type']}")
    view = chunks.tree["bufferViews"][_index(accessor["bufferView"])]
    if _index(view.get("buffer", 0)) != 0 or "uri" in chunks.tree["buffers"][0]:
        raise source.refuse("the GLB file keeps its data in another file")
    kind = np.dtype(_COMPONENTS[accessor["componentType"]])
    count = _index(accessor["count"])
    start = _index(view.get("byteOffset", 0)) + _index(accessor.get("byteOffset", 0))
    stride = _index(view.get("byteStride", 0)) or kind.itemsize * width
    if count == 0:
        return np.zeros((0, width), dtype=kind)
    if start + (count - 1) * stride + kind.itemsize * width > len(chunks.binary):
        raise source.refuse(f"the file is cut off: accessor {number} reaches past the end of the data")
    values = np.ndarray((count, width), kind, chunks.binary, start, (stride, kind.itemsize))
    if not accessor.get("normalized") or kind.kind == "f":
        return values
    # quantised positions (KHR_mesh_quantization): signed and unsigned fractions of one
    return np.maximum(values.astype(np.float64) / np.iinfo(kind).max, -1.0)


def _corners(source: Source, chunks: _Chunks, primitive: dict[str, Any], count: int) -> NDArray[np.int64]:
    mode = primitive.get("mode", _TRIANGLES)
    if "indices" in primitive:
        flat = _accessor(source, chunks, primitive["indices"], 1).reshape(-1).astype(np.int64)
    else:
        flat = np.arange(count)
    if mode == _TRIANGLES:
        if len(flat) % 3:
            raise ValueError("the number of corners is no multiple of three")
        corners = flat.reshape(-1, 3)
    elif mode == _STRIP:
        corners = np.stack([flat[:-2], flat[1:-1], flat[2:]], axis=1)
        corners[1::2, :2] = corners[1::2, 1::-1]
    else:
        corners = np.stack([np.broadcast_to(flat[:1], len(flat[2:])), flat[1:-1], flat[2:]], axis=1)
    if len(corners) and corners.max() >= count:
        raise ValueError("a corner points at a vertex that is not there")
    return corners
