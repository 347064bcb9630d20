"""Bring a labelled scan upright by its own labels: the numbers say where left, front and the other jaw are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

from .labelled import LabelledArch

LEVER_MM = 6.0
"""Each tooth's outward direction counts like a second point this far from its centroid."""
LEAST_TEETH = 3


@dataclass(frozen=True, eq=False)
class Upright:
    """How a scan stands once its teeth are laid over those of the mean mouth."""

    to_patient: NDArray[np.float64]
    """``(4, 4)``: scan to patient frame (LPS), rigid."""
    residual_mm: float
    """Root mean square distance of the tooth centroids to those of the mean mouth."""
    mirrored_residual_mm: float
    """The same with left and right numbers exchanged; the smaller of the two tells which is right."""

    @property
    def sides_swapped(self) -> bool:
        """Whether left and right are more likely exchanged than not."""
        return self.mirrored_residual_mm < 0.8 * self.residual_mm


def stand_upright(arch: LabelledArch) -> Upright:
    """Find the patient frame of a labelled scan.

    Raises
    ------
    StageError
        When fewer than three teeth of the row are labelled.
    """
    teeth = [t for t in arch.teeth if not numbers.is_supernumerary(t)]
    if len(teeth) < LEAST_TEETH:
        raise StageError(f"only {len(teeth)} teeth are labelled", where=str(arch.path))
    out = -1.0 if arch.jaw == "upper" else 1.0
    normals = arch.mesh.vertex_normals
    centres, outward = [], []
    for tooth in teeth:
        own = arch.labels == tooth
        centres.append(arch.mesh.vertices[own].mean(0))
        direction = normals[own].mean(0)
        outward.append(direction / max(float(np.linalg.norm(direction)), 1e-9))
    have, lever = np.array(centres), LEVER_MM * np.array(outward)
    residuals, found = [], []
    for exchanged in (False, True):
        want = np.array([_mean_place(numbers.mirror(t) if exchanged else t) for t in teeth])
        tip = want + np.array([0.0, 0.0, out * LEVER_MM])
        rotation, shift = _rigid(np.concatenate([have, have + lever]), np.concatenate([want, tip]))
        residuals.append(float(np.sqrt(((have @ rotation.T + shift - want) ** 2).sum(1).mean())))
        found.append((rotation, shift))
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = found[0]
    return Upright(matrix, residuals[0], residuals[1])


def _mean_place(tooth: int) -> NDArray[np.float64]:
    """Where a tooth stands in the mean mouth, mm; milk teeth stand where their successors will."""
    permanent = numbers.successor(tooth) or tooth
    return np.asarray(crown_model(permanent).arch_pose[:3, 3])


def _rigid(points: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation and shift that lay points over a target, least squares (Kabsch, Acta Cryst. A 1976;32:922)."""
    p, q = points.mean(0), target.mean(0)
    u, _, vt = np.linalg.svd((points - p).T @ (target - q))
    turn = np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T))])
    rotation = vt.T @ turn @ u.T
    return rotation, q - rotation @ p
