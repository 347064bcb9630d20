"""Find how a scan lies: which way is occlusal, which way is anterior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .graph import ScanGraph
from .network import Reading

OPEN_SHELL = 0.2
"""An open scan's mean normal is longer than this (a closed body's is 0) and points occlusally."""
YAWS = 8
REFINEMENTS = 3

Look = Callable[[NDArray[np.float64]], Reading]


@dataclass(frozen=True, eq=False)
class Pose:
    """A pose the network accepts."""

    rotation: NDArray[np.float64]
    """``(3, 3)``: scan frame to network frame (+z occlusal, +y anterior)."""
    certainty: float
    margin: float
    """How much better than the best pose that differs by more than 40 degrees."""
    reading: Reading


def find_pose(graph: ScanGraph, look: Look) -> Pose:
    """Try poses all round, keep the one the network is surest of, and let it correct the tilt.

    Parameters
    ----------
    graph
        The sampled scan.
    look
        Reads the scan in a rotation ``(3, 3)``.
    """
    tried: list[tuple[float, NDArray[np.float64], Reading]] = []
    for up in occlusal_candidates(graph):
        for yaw in np.arange(YAWS) * 2 * np.pi / YAWS:
            rotation = _upright(up, float(yaw))
            reading = look(rotation)
            tried.append((reading.certainty, rotation, reading))
    tried.sort(key=lambda t: -t[0])
    finished = []
    for certainty, rotation, reading in tried[:3]:
        finished.append(_settle(certainty, rotation, reading, look))
    finished.sort(key=lambda t: -t[0])
    best_certainty, best, reading = finished[0]
    others = [c for c, r, _ in [*finished, *tried] if _angle(r, best) > np.radians(40)]
    return Pose(best, best_certainty, best_certainty - max(others, default=0.0), reading)


def occlusal_candidates(graph: ScanGraph) -> list[NDArray[np.float64]]:
    """Directions that may be occlusal, likeliest first; unit vectors, scan frame."""
    mean = graph.normals.mean(0)
    length = float(np.linalg.norm(mean))
    if length > OPEN_SHELL:
        return [mean / length]
    axes = np.linalg.svd(graph.points - graph.points.mean(0), full_matrices=False)[2]
    return [axes[2], -axes[2], axes[1], -axes[1]]


def _settle(
    certainty: float, rotation: NDArray[np.float64], reading: Reading, look: Look
) -> tuple[float, NDArray[np.float64], Reading]:
    for _ in range(REFINEMENTS):
        turned = Rotation.from_rotvec(reading.turn_back).as_matrix() @ rotation
        again = look(turned)
        if again.certainty < certainty - 0.02:
            break
        small = np.linalg.norm(reading.turn_back) < np.radians(2)
        certainty, rotation, reading = again.certainty, turned, again
        if small:
            break
    return certainty, rotation, reading


def _upright(up: NDArray[np.float64], yaw: float) -> NDArray[np.float64]:
    side = np.cross([0.0, 1.0, 0.0] if abs(up[1]) < 0.9 else [1.0, 0.0, 0.0], up)
    side /= np.linalg.norm(side)
    frame = np.stack([side, np.cross(up, side), up])
    c, s = np.cos(yaw), np.sin(yaw)
    return np.asarray(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]) @ frame)


def _angle(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.arccos(np.clip((np.trace(a @ b.T) - 1) / 2, -1, 1)))
