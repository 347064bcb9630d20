"""Cut a surface by half-planes and follow each cut over it, from face to face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.geometry import Faces, Mesh, Points

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_CROSSINGS = 600
"""Edges one cut may cross; 14 mm over triangles of 0.05 mm."""


@dataclass(frozen=True, eq=False)
class Profiles:
    """Cuts resampled at even steps of their length.

    Parameters
    ----------
    points
        ``(n, m, 3) float, mm``; NaN beyond the end of a cut.
    faces
        ``(n, m) int``: the face each point lies on, -1 beyond the end.
    step_mm
        From sample to sample.
    """

    points: NDArray[np.float64]
    faces: Ints
    step_mm: float


class Sheet:
    """A surface prepared for cuts.

    Parameters
    ----------
    mesh
        The surface, mm; open or closed.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self._across = across_edges(mesh.faces)

    def follow(
        self, starts: Points, faces: Ints, normals: Floats, ahead: Floats, *, length_mm: float, step_mm: float
    ) -> Profiles:
        """Follow the cut of each plane from a start point in one direction.

        Parameters
        ----------
        starts, faces
            ``(n, 3) mm`` points on the surface and ``(n,) int`` the faces they lie on.
        normals, ahead
            ``(n, 3)``: unit normals of the planes, and the way to go from the start.
        length_mm, step_mm
            How far a cut is followed, and the distance of its samples.
        """
        count = round(length_mm / step_mm) + 1
        points, on = _walk(
            self.mesh.vertices,
            self.mesh.faces,
            self._across,
            np.ascontiguousarray(starts, dtype=np.float64),
            np.ascontiguousarray(faces, dtype=np.int64),
            np.ascontiguousarray(normals, dtype=np.float64),
            np.ascontiguousarray(ahead, dtype=np.float64),
            count,
            step_mm,
            _MOST_CROSSINGS,
        )
        return Profiles(points, on, step_mm)


def across_edges(faces: Faces) -> Ints:
    """Face on the other side of each edge, ``(m, 3) int``: edge ``k`` runs from corner ``k`` to the next; -1 none.

    An edge of more than two faces counts as open.
    """
    pairs = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    key = pairs[:, 0] * (int(faces.max(initial=0)) + 1) + pairs[:, 1]
    order = np.argsort(key, kind="stable")
    _, first, counts = np.unique(key[order], return_index=True, return_counts=True)
    two = first[counts == 2]
    result = np.full(len(key), -1, dtype=np.int64)
    result[order[two]] = order[two + 1] // 3
    result[order[two + 1]] = order[two] // 3
    return result.reshape(-1, 3)


@njit(cache=True)
def _walk(  # noqa: PLR0912, PLR0915 - one compiled loop
    vertices: Floats,
    faces: Faces,
    across: Ints,
    starts: Floats,
    start_faces: Ints,
    normals: Floats,
    ahead: Floats,
    count: int,
    step: float,
    most: int,
) -> tuple[Floats, Ints]:  # pragma: no cover - compiled
    n = len(starts)
    points = np.full((n, count, 3), np.nan)
    on = np.full((n, count), -1, dtype=np.int64)
    side = np.empty(3)
    cut = np.empty((3, 3))
    here = np.empty(3)
    for i in range(n):
        face = start_faces[i]
        if face < 0:
            continue
        here[:] = starts[i]
        points[i, 0] = here
        on[i, 0] = face
        written = 1
        gone = 0.0
        entered = -1
        for _ in range(most):
            for k in range(3):
                total = 0.0
                for axis in range(3):
                    total += (vertices[faces[face, k], axis] - starts[i, axis]) * normals[i, axis]
                side[k] = total
            leave = -1
            best = -np.inf
            for k in range(3):
                a, b = side[k], side[(k + 1) % 3]
                if (a >= 0) == (b >= 0) or k == entered:
                    continue
                share = a / (a - b)
                forward = 0.0
                for axis in range(3):
                    x = vertices[faces[face, k], axis]
                    cut[k, axis] = x + share * (vertices[faces[face, (k + 1) % 3], axis] - x)
                    forward += (cut[k, axis] - here[axis]) * ahead[i, axis]
                if entered >= 0 or forward > best:
                    best = forward
                    leave = k
            if leave < 0:
                break
            stretch = 0.0
            for axis in range(3):
                stretch += (cut[leave, axis] - here[axis]) ** 2
            stretch = np.sqrt(stretch)
            while written < count and written * step <= gone + stretch:
                share = (written * step - gone) / stretch if stretch > 0 else 0.0
                for axis in range(3):
                    points[i, written, axis] = here[axis] + share * (cut[leave, axis] - here[axis])
                on[i, written] = face
                written += 1
            gone += stretch
            here[:] = cut[leave]
            if written >= count:
                break
            following = across[face, leave]
            if following < 0:
                break
            entered = -1
            for k in range(3):
                if across[following, k] == face:
                    entered = k
            face = following
    return points, on
