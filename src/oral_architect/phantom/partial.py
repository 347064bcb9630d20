"""Cut partial scans out of whole arches: a half, a front, a few back teeth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.mesh import Mesh, Points

from .noise import waves
from .scanner_sight import main_faces

Part = Literal["half", "front", "back"]
_SHARES: dict[Part, float] = {"half": 0.5, "front": 0.25, "back": 0.25}
_LEAST_TEETH = 3
_OVERRUN_MM = -0.5, 4.5
"""How far a partial scan runs past the contact of its last tooth; what is seen of the next tooth keeps its number."""
_RAGGED_MM = 0.8
_TAIL_MM = 40.0
_LEAST_PIECE = 0.05
"""Pieces smaller than this share of the largest go."""


@dataclass(frozen=True, eq=False)
class ArchRow:
    """The teeth of a scan from one end of the arch to the other."""

    teeth: tuple[int, ...]
    knots: Points
    """``(n + 2, 2) mm``: their centres with a straight tail at either end."""
    at: NDArray[np.float64]
    """``(n,) mm``: place of each centre along the line."""

    def along(self, points: Points) -> NDArray[np.float64]:
        """Place of each point ``(n, 3)`` along the arch, ``(n,) float, mm``."""
        starts, steps = self.knots[:-1], np.diff(self.knots, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        begins = np.concatenate([[0.0], np.cumsum(lengths)[:-1]]) - lengths[0]
        best, place = np.full(len(points), np.inf), np.zeros(len(points))
        for start, step, length, begin in zip(starts, steps, lengths, begins, strict=True):
            t = np.clip((points[:, :2] - start) @ step / length**2, 0, 1)
            far = np.linalg.norm(points[:, :2] - start - t[:, None] * step, axis=1)
            nearer = far < best
            best[nearer], place[nearer] = far[nearer], begin + t[nearer] * length
        return place


def cut_partial(mesh: Mesh, labels: NDArray[np.int16], rng: np.random.Generator) -> tuple[Mesh, NDArray[np.int16]]:
    """Return part of a scan as it is taken for a single restoration, with its labels.

    Parameters
    ----------
    mesh
        A scan of a whole arch, LPS, mm.
    labels
        ``(n,) int``: FDI per vertex, 0 gingiva.
    rng
        Source of chance.

    Returns
    -------
    Mesh, (k,) int
        At least three teeth; the whole arch when it has no more than that.
    """
    row = arch_row(mesh, labels)
    if row is None:
        return mesh, labels
    first, last = _run(row, rng)
    along = row.along(mesh.vertices) + _RAGGED_MM * rng.uniform(0, 1) * waves(rng, 4.0)(mesh.vertices)
    keep = (along > _bound(row, first, -1, rng)) & (along < _bound(row, last, 1, rng))
    faces = main_faces(mesh, np.asarray(keep[mesh.faces].all(axis=1)), _LEAST_PIECE)
    part, kept = mesh.part(faces)
    return part, labels[kept]


def arch_row(mesh: Mesh, labels: NDArray[np.int16]) -> ArchRow | None:
    """Order the teeth of a scan along its arch; ``None`` where there are no more than three."""
    teeth = [int(t) for t in np.unique(labels) if t > 0]
    if len(teeth) <= _LEAST_TEETH:
        return None
    centres = np.array([mesh.vertices[labels == t, :2].mean(axis=0) for t in teeth])
    middle = np.array([(centres[:, 0].min() + centres[:, 0].max()) / 2, centres[:, 1].max() + 5.0])
    around = np.arctan2(centres[:, 0] - middle[0], middle[1] - centres[:, 1])
    order = np.argsort(around, kind="stable")
    line = centres[order]
    tails = [_tail(line[1], line[0]), _tail(line[-2], line[-1])]
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    return ArchRow(
        tuple(teeth[i] for i in order),
        np.vstack([tails[0], line, tails[1]]),
        np.concatenate([[0.0], np.cumsum(steps)]),
    )


def _tail(before: Points, end: Points) -> Points:
    return np.asarray(end + (end - before) / np.linalg.norm(end - before) * _TAIL_MM)


def _run(row: ArchRow, rng: np.random.Generator) -> tuple[int, int]:
    """First and last tooth that stay."""
    count = len(row.teeth)
    kinds: list[Part] = list(_SHARES)
    part = kinds[int(rng.choice(len(kinds), p=list(_SHARES.values())))]
    middle = count // 2
    if part == "front":
        reach = int(rng.integers(2, 5))
        first, last = middle - reach, middle + reach - 1
    else:
        length = middle + int(rng.integers(0, 4)) if part == "half" else int(rng.integers(_LEAST_TEETH, 6))
        first, last = 0, length - 1
        if rng.random() < 0.5:
            first, last = count - length, count - 1
    first, last = max(first, 0), min(last, count - 1)
    return (first, last) if last - first + 1 >= _LEAST_TEETH else (0, count - 1)


def _bound(row: ArchRow, k: int, side: int, rng: np.random.Generator) -> float:
    """Where the scan ends beyond tooth ``k``, mm along the arch."""
    over = rng.uniform(*_OVERRUN_MM)
    beyond = k + side
    if not 0 <= beyond < len(row.teeth):
        return side * np.inf
    return float((row.at[k] + row.at[beyond]) / 2 + side * over)
