"""Surfaces as a small block of bytes a browser can unpack: 16-bit positions, folded normals, gzip, base64."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .surfaces import Surface

STEPS = 32767
"""Quantisation steps to either side of the middle: 70 mm in steps of about 1 µm."""


def pack(surfaces: tuple[Surface, ...]) -> tuple[dict[str, Any], str]:
    """Return the directory of a block and the block itself.

    Parameters
    ----------
    surfaces
        What to show.

    Returns
    -------
    dict, str
        For each surface its name, kind, jaw, tooth, face groups and where its arrays lie
        (``[dtype, offset, count]``); and gzip bytes in base64. The same surfaces give the same text.
    """
    centre, radius = _bounds(surfaces)
    max_loss = max((float(s.loss_mm.max(initial=0)) for s in surfaces), default=0.0)
    block, entries = bytearray(), []
    for surface in surfaces:
        arrays = {
            "position": np.rint((surface.mesh.vertices - centre) / radius * STEPS).astype("<i2"),
            "normal": np.rint(octahedral(surface.normals) * STEPS).astype("<i2"),
            "index": surface.mesh.faces.astype("<u2" if len(surface.mesh.vertices) <= 65535 else "<u4"),
            "tooth": surface.teeth.astype("u1"),
            "open": _byte(surface.openness),
            "loss": _byte(surface.loss_mm / max(max_loss, 1e-9)),
            "new": _byte(surface.new),
        }
        entries.append(
            {
                "name": surface.name,
                "kind": surface.kind,
                "jaw": surface.jaw,
                "fdi": surface.fdi,
                "groups": _groups(surface.face_teeth),
                "arrays": {key: _append(block, value) for key, value in arrays.items()},
            }
        )
    directory = {
        "centre_mm": [float(c) for c in centre],
        "radius_mm": radius,
        "max_loss_mm": max_loss,
        "surfaces": entries,
    }
    return directory, base64.b64encode(gzip.compress(bytes(block), 9, mtime=0)).decode("ascii")


def octahedral(normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fold unit normals ``(n, 3)`` onto a square, ``(n, 2)`` in -1 to 1 (Meyer et al., EGSR 2010)."""
    folded = normals / np.maximum(np.abs(normals).sum(axis=1, keepdims=True), 1e-12)
    flat = folded[:, :2]
    turned = (1 - np.abs(flat[:, ::-1])) * np.where(flat >= 0, 1.0, -1.0)
    return np.asarray(np.where(folded[:, 2:] < 0, turned, flat))


def _bounds(surfaces: tuple[Surface, ...]) -> tuple[NDArray[np.float64], float]:
    points = [s.mesh.vertices for s in surfaces if len(s.mesh.vertices)]
    if not points:
        return np.zeros(3), 1.0
    low, high = np.min([p.min(axis=0) for p in points], axis=0), np.max([p.max(axis=0) for p in points], axis=0)
    return (low + high) / 2, float(max((high - low).max() / 2, 1e-6))


def _groups(face_teeth: NDArray[np.int16]) -> list[list[int]]:
    """Runs of faces of one tooth: ``[fdi, first face, faces]``."""
    teeth, first, count = np.unique(face_teeth, return_index=True, return_counts=True)
    return [[int(t), int(f), int(c)] for t, f, c in zip(teeth, first, count, strict=True)]


def _byte(fraction: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(fraction, 0, 1) * 255), dtype=np.uint8)


def _append(block: bytearray, array: NDArray[Any]) -> list[Any]:
    while len(block) % 4:
        block.append(0)
    entry = [array.dtype.str.lstrip("<|"), len(block), int(array.size)]
    block += np.ascontiguousarray(array).tobytes()
    return entry
