"""What a G-code file cuts: the blank as a field of heights, lowered by a ball wherever the tool goes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.errors import InputError, StageError

WORD = re.compile(r"([A-Z])(-?\d+(?:\.\d*)?|-?\.\d+)")
PASSED_OVER = re.compile(r"\([^)]*\)|;.*")
KNOWN = {"G0", "G1", "G17", "G21", "G90", "G94", "M3", "M5", "M30"}


@dataclass(frozen=True)
class Toolpath:
    """The moves of a file.

    Parameters
    ----------
    points
        ``(n, 3) float, mm``: where the tool's tip goes in turn; the first lies over the part's corner.
    cuts
        ``(n,) bool``: whether it gets there cutting (G1) or in the air (G0).
    """

    points: NDArray[np.float64]
    cuts: NDArray[np.bool_]

    @property
    def length_mm(self) -> float:
        """Length of what is cut."""
        steps = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        return float(steps[self.cuts[1:]].sum())


def read_gcode(content: bytes) -> Toolpath:
    """Read the moves of a file in absolute mm.

    Raises
    ------
    InputError
        When it uses a word that is not known here, inches or relative moves: half understood is not understood.
    """
    at: dict[str, float] = {"X": 0.0, "Y": 0.0}
    points, cuts, mode = [], [], ""
    for number, line in enumerate(content.decode("ascii", errors="replace").splitlines(), start=1):
        plain = PASSED_OVER.sub("", line).strip().upper()
        words = WORD.findall(plain)
        for letter, value in words:
            code = f"{letter}{float(value):g}"
            if letter in "GM" and code not in KNOWN:
                raise InputError(f"line {number}: '{code}' is not known", where="G-code")
            mode = code if code in ("G0", "G1") else mode
        moved = {letter: float(value) for letter, value in words if letter in "XYZ"}
        if moved:
            at |= moved
            if "Z" in at:
                points.append((at["X"], at["Y"], at["Z"]))
                cuts.append(mode == "G1")
    return Toolpath(np.array(points, dtype=np.float64).reshape(-1, 3), np.array(cuts, dtype=np.bool_))


def cut_blank(path: Toolpath, size_mm: NDArray[np.float64], *, radius_mm: float, cell_mm: float) -> NDArray[np.float64]:
    """Return the heights of a blank after a path, ``(nx, ny) float, mm``, at the middles of its cells.

    Raises
    ------
    StageError
        When the tool moves through the blank without cutting, or below the platform.
    """
    nx, ny = (math.ceil(length / cell_mm) for length in size_mm[:2])
    heights = np.full((nx, ny), float(size_mm[2]))
    if len(path.points) and path.points[:, 2].min() < -1e-6:
        raise StageError(f"the tool goes {-path.points[:, 2].min():.2f} mm below the platform", where="G-code")
    crashed = _cut(path.points, path.cuts, heights, radius_mm, cell_mm)
    if crashed >= 0:
        x, y, z = path.points[crashed]
        raise StageError(f"a move in the air ends in material at ({x:.2f}, {y:.2f}, {z:.2f}) mm", where="G-code")
    return heights


@njit(cache=True)
def _cut(points, cuts, heights, radius, cell):  # type: ignore[no-untyped-def]
    for n in range(1, points.shape[0]):
        way = np.sqrt(((points[n] - points[n - 1]) ** 2).sum())
        pieces = max(1, int(np.ceil(way / (cell / 2))))
        for piece in range(1, pieces + 1):
            share = piece / pieces
            x = points[n - 1, 0] + share * (points[n, 0] - points[n - 1, 0])
            y = points[n - 1, 1] + share * (points[n, 1] - points[n - 1, 1])
            z = points[n - 1, 2] + share * (points[n, 2] - points[n - 1, 2])
            low_i, high_i = max(0, int((x - radius) / cell)), min(heights.shape[0] - 1, int((x + radius) / cell))
            low_j, high_j = max(0, int((y - radius) / cell)), min(heights.shape[1] - 1, int((y + radius) / cell))
            for i in range(low_i, high_i + 1):
                for j in range(low_j, high_j + 1):
                    away = ((i + 0.5) * cell - x) ** 2 + ((j + 0.5) * cell - y) ** 2
                    if away <= radius * radius:
                        left = z + radius - np.sqrt(radius * radius - away)
                        if left < heights[i, j]:
                            if not cuts[n] and left < heights[i, j] - 1e-6:
                                return n
                            heights[i, j] = left
    return -1
