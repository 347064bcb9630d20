"""Finding the crown the shape model believes a tooth once had, from what is left of it.

The fit is a maximum a posteriori estimate of place, turn, size and mode coefficients. Loss lies *inside* the
expected surface, so points inside are distrusted quickly (Geman-McClure) while points outside keep pulling: a cavity,
a worn cusp or a broken corner does not drag the crown along.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth.shape_model import CrownModel, crown_model

Floats = NDArray[np.float64]

SCHEDULE = ((0, 1.0), (0, 0.8), (0, 0.7), (4, 0.6), (4, 0.6), (8, 0.5), (8, 0.45), (15, 0.4), (15, 0.35), (25, 0.3)) + (
    (50, 0.25),
) * 2
"""Coarse to fine: modes in use, and the depth (mm) from which a point inside is distrusted."""
CLOSING = 6
"""Last steps, in which that depth follows the misfit of the trusted surface."""
STRICTNESS = 3.0
"""Depth of distrust over that misfit (root mean square)."""
DEPTH_RANGE_MM = (0.10, 0.25)
"""Bounds of that depth."""
OUTSIDE = 3.0
"""Points outside are distrusted at this multiple of the depth that holds inside."""
SAMPLES = 1400
"""Most surface points used from a scan."""
RESIDUAL_MM = 0.12
"""What 50 modes leave unexplained on a crown, root mean square; measured on crowns outside the model."""
RESIDUAL_RANGE_MM = (0.04, RESIDUAL_MM)
"""Bounds of the misfit of this very crown, which sets how much its points count."""
PATCHES = 250
"""Independent observations on a crown: its area over patches of about a square millimetre, in which misfit is alike."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Points of a scanned crown with their share of its surface, in the tooth's starting frame.

    ``points`` ``(n, 3) mm``, ``normals`` ``(n, 3)``, ``weights`` ``(n,)`` adding up to one.
    """

    points: Points
    normals: Floats
    weights: Floats
    rim_mm: Floats
    """``(3,)``: centre of the open edge, where the tooth disappears under the gingiva."""


@dataclass(frozen=True, eq=False)
class Prior:
    """What is believed before looking: mode coefficients and log size, each with mean and variance."""

    coefficients: Floats
    """``(k,)``, in standard deviations of the population."""
    coefficient_variance: Floats
    """``(k,)``."""
    log_size: float
    log_size_sd: float
    cover_mm: float = 0.0
    """How far the gingival edge of the scan lies occlusal of the model's own margin."""
    cover_sd_mm: float = 0.8


@dataclass(frozen=True, eq=False)
class CrownFit:
    """A fitted crown in the tooth's starting frame."""

    fdi: int
    coefficients: Floats
    log_size: float
    rotation: Floats
    """``(3, 3)``: model to starting frame."""
    origin_mm: Floats
    """``(3,)``: model origin in the starting frame."""
    covariance: Floats
    """``(6 + 1 + k, 6 + 1 + k)``: turn (rad), shift (mm), log size, coefficients."""
    inlier: float
    """Share of the scanned surface that agrees with the fit, 0 to 1."""
    rms_mm: float
    """Weighted root mean square of what agrees."""

    cover_mm: float
    """How far the gingival edge of the scan lies occlusal of the fitted crown's margin."""

    @property
    def model(self) -> CrownModel:
        """The shape model of this tooth."""
        return crown_model(self.fdi)

    def mesh(self) -> Mesh:
        """The closed expected crown, starting frame, mm."""
        points = self.model.points(self.coefficients) * np.exp(self.log_size)
        return Mesh(points @ self.rotation.T + self.origin_mm, self.model.faces)

    def sd_mm(self, mesh: Mesh) -> Floats:
        """Standard deviation of the expected surface along its normal at each of its points, ``(1500,) mm``."""
        rows = _jacobian(self, mesh.vertices, mesh.vertex_normals, _turned_modes(self))
        return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, self.covariance, rows), 0.0)))


def population_prior(fdi: int) -> Prior:
    """What is believed of a tooth about which nothing else is known."""
    model = crown_model(fdi)
    k = len(model.modes)
    return Prior(np.zeros(k), np.ones(k), 0.0, model.size_sd)


def sample(crown: Mesh, *, border_mm: float = 0.0) -> Samples:
    """Take evenly spread points off an open crown surface, away from its border.

    Parameters
    ----------
    crown
        The scanned surface.
    border_mm
        Faces whose centre is this near to an open edge are left out.
    """
    centres = crown.vertices[crown.faces].mean(axis=1)
    area = crown.face_areas.copy()
    area[near_border(crown, centres, border_mm)] = 0.0
    if len(centres) > SAMPLES:
        reach = np.cumsum(area)
        marks = (np.arange(SAMPLES) + 0.5) / SAMPLES * reach[-1]
        chosen = np.unique(np.searchsorted(reach, marks))
        area = np.ones(len(chosen))
    else:
        chosen = np.flatnonzero(area > 0)
        area = area[chosen]
    edges, counts = crown.edge_table
    ends = crown.vertices[edges[counts == 1]]
    length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    rim = (ends.mean(axis=1) * length[:, None]).sum(axis=0) / max(float(length.sum()), 1e-9)
    return Samples(centres[chosen], crown.face_normals[chosen], area / area.sum(), rim)


def near_border(crown: Mesh, points: Points, within_mm: float) -> Mask:
    """Whether each of ``(n, 3) mm`` points is within a distance of an open edge of the surface."""
    from scipy.spatial import cKDTree

    edges, counts = crown.edge_table
    open_edges = edges[counts == 1]
    if len(open_edges) == 0 or within_mm <= 0:
        return np.zeros(len(points), dtype=np.bool_)
    rim = np.concatenate([crown.vertices[open_edges[:, 0]], crown.vertices[open_edges].mean(axis=1)])
    distance, _ = cKDTree(rim).query(points)
    return np.asarray(distance < within_mm)


@lru_cache(maxsize=64)
def closure(fdi: int) -> Mask:
    """Points of a crown model that close it toward the root and stand for no tooth surface, ``(1500,) bool``.

    The closure is the flat sheet the crown stands on: faces within a small angle of the sheet's own normal and within
    a small distance of its plane.
    """
    mesh = crown_model(fdi).crown()
    normal, area = mesh.face_normals, mesh.face_areas
    centre = mesh.vertices[mesh.faces].mean(axis=1)
    axis = np.array([0.0, 0.0, -1.0])
    low = normal @ axis > 0.6
    for _ in range(10):
        total = (normal[low] * area[low, None]).sum(axis=0)
        axis = total / np.linalg.norm(total)
        height = centre @ axis
        level = np.sort(height)[int(0.9 * len(height))]
        low = (normal @ axis > 0.7) & (height > level - 1.0)
    flagged = np.zeros(len(mesh.vertices), dtype=np.bool_)
    flagged[mesh.faces[low]] = True
    return flagged


def fit_crown(
    fdi: int,
    data: Samples,
    prior: Prior,
    *,
    start: CrownFit | None = None,
    schedule: tuple[tuple[int, float], ...] = SCHEDULE,
) -> CrownFit:
    """Fit a tooth's shape model to the sound part of a scanned crown.

    Parameters
    ----------
    fdi
        Permanent tooth number.
    data
        Its surface points in the starting frame (tooth frame as found on the scan).
    prior
        What is believed of its shape and size.
    start
        An earlier fit of the same data to go on from; the first place otherwise.
    schedule
        Coarse to fine: modes in use, and the depth (mm) from which a point inside is distrusted.
    """
    fit = _first_place(fdi, data, prior) if start is None else start
    anchor = fit
    for modes, depth_mm in schedule:
        fit = _step(fit, anchor, data, prior, modes, depth_mm)
    for _ in range(CLOSING):
        fit = _step(fit, anchor, data, prior, len(fit.coefficients), distrust_mm(fit))
    return fit


def distrust_mm(fit: CrownFit) -> float:
    """Depth inside a fitted crown from which a point is taken for loss, mm: a multiple of the fit's own misfit."""
    return float(np.clip(STRICTNESS * fit.rms_mm, *DEPTH_RANGE_MM))


def trust(outside_mm: Floats, depth_mm: float) -> Floats:
    """Weight of each signed distance (positive outside the expected surface): Geman-McClure, stricter inside."""
    bound = np.where(outside_mm < 0, depth_mm, OUTSIDE * depth_mm)
    return np.asarray((bound**2 / (bound**2 + outside_mm**2)) ** 2)


def _first_place(fdi: int, data: Samples, prior: Prior) -> CrownFit:
    """Lay the mean crown's tooth surface over the data: centres of both surfaces together."""
    model = crown_model(fdi)
    mesh = model.crown(prior.coefficients, float(np.exp(prior.log_size)))
    sheet = closure(fdi)[mesh.faces].any(axis=1)
    area = np.where(sheet, 0.0, mesh.face_areas)
    centre = (mesh.vertices[mesh.faces].mean(axis=1) * area[:, None]).sum(axis=0) / area.sum()
    origin = data.weights @ data.points - centre
    origin[2] = data.rim_mm[2] - mesh.vertices[model.margin, 2].mean() - prior.cover_mm
    k = len(model.modes)
    return CrownFit(
        fdi, prior.coefficients, prior.log_size, np.eye(3), origin, np.eye(7 + k), 1.0, np.inf, prior.cover_mm
    )


def _turned_modes(fit: CrownFit) -> Floats:
    """Modes in the starting frame at the fit's size, ``(1500, 3, k) mm``."""
    modes = fit.model.mode_matrix.reshape(-1, 3, len(fit.coefficients))
    return np.asarray(np.einsum("ab,nbk->nak", fit.rotation * np.exp(fit.log_size), modes))


def _jacobian(fit: CrownFit, points: Points, normals: Floats, modes: Floats) -> Floats:
    """How far each point moves along its normal per unit of turn, shift, log size and coefficient, ``(n, 7 + k)``."""
    arm = points - fit.origin_mm
    along = np.matmul(normals[:, None, :], modes)[:, 0]
    return np.hstack([np.cross(arm, normals), normals, (arm * normals).sum(axis=1, keepdims=True), along])


def _step(fit: CrownFit, anchor: CrownFit, data: Samples, prior: Prior, modes: int, depth_mm: float) -> CrownFit:
    mesh = fit.mesh()
    near = Surface(mesh).nearest(data.points)
    corner_normals = mesh.vertex_normals[mesh.faces[near.faces]]
    normals = (corner_normals * near.weights[:, :, None]).sum(axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    outside_mm = ((data.points - near.points) * normals).sum(axis=1)
    facing = (normals * data.normals).sum(axis=1)
    sheet = closure(fit.fdi)[mesh.faces[near.faces]].all(axis=1)
    apart = np.where(outside_mm < 0, -near.distance_mm, near.distance_mm)
    weight = data.weights * trust(apart, depth_mm) * np.clip((facing - 0.2) / 0.5, 0.0, 1.0)
    weight[sheet] = 0.0
    k = len(fit.coefficients)
    gathered = (_turned_modes(fit)[mesh.faces[near.faces]] * near.weights[:, :, None, None]).sum(axis=1)
    rows = _jacobian(fit, near.points, normals, gathered)
    misfit_mm = float(np.clip(1.5 * fit.rms_mm, *RESIDUAL_RANGE_MM))
    precision = weight * (PATCHES / misfit_mm**2)
    hessian = rows.T @ (precision[:, None] * rows)
    gradient = rows.T @ (precision * outside_mm)
    row, cover_mm = _cover(fit, data)
    hessian += np.outer(row, row) / prior.cover_sd_mm**2
    gradient -= row * ((cover_mm - prior.cover_mm) / prior.cover_sd_mm**2)
    inverse_variance, pull = _prior_terms(fit, anchor, prior, modes)
    hessian[np.diag_indices(7 + k)] += inverse_variance
    covariance = np.linalg.inv(hessian)
    move = covariance @ (gradient + pull)
    agree = apart > -2 * RESIDUAL_MM
    rms = float(np.sqrt((weight * outside_mm**2).sum() / max(weight.sum(), 1e-12)))
    return CrownFit(
        fit.fdi,
        fit.coefficients + move[7:],
        fit.log_size + float(move[6]),
        rotation_from_vector(move[:3]) @ fit.rotation,
        fit.origin_mm + move[3:6],
        covariance,
        float((data.weights * agree).sum()),
        rms,
        cover_mm,
    )


def _cover(fit: CrownFit, data: Samples) -> tuple[Floats, float]:
    """How far the scan's gingival edge lies occlusal of the fitted margin, mm, and its derivatives ``(7 + k,)``."""
    size, up = float(np.exp(fit.log_size)), fit.rotation[:, 2]
    margin = fit.model.margin
    level = fit.model.points(fit.coefficients)[margin, 2].mean() * size
    row = np.zeros(7 + len(fit.coefficients))
    row[3:6] = -up
    row[6] = -level
    row[7:] = -size * fit.model.modes[:, margin, 2].mean(axis=1)
    return row, float((data.rim_mm - fit.origin_mm) @ up - level)


def _prior_terms(fit: CrownFit, anchor: CrownFit, prior: Prior, modes: int) -> tuple[Floats, Floats]:
    """Diagonal of the prior's precision and its pull on the present estimate, both ``(7 + k,)``.

    Modes not yet in use are held where they are; place and turn are held loosely at the start.
    """
    k = len(fit.coefficients)
    turn_sd_rad, shift_sd_mm = 0.25, 1.5
    inverse = np.empty(7 + k)
    inverse[:3], inverse[3:6], inverse[6] = turn_sd_rad**-2, shift_sd_mm**-2, prior.log_size_sd**-2
    inverse[7:] = 1.0 / prior.coefficient_variance
    away = np.empty(7 + k)
    relative = fit.rotation @ anchor.rotation.T
    away[:3] = 0.5 * np.array(
        [relative[2, 1] - relative[1, 2], relative[0, 2] - relative[2, 0], relative[1, 0] - relative[0, 1]]
    )
    away[3:6] = fit.origin_mm - anchor.origin_mm
    away[6] = fit.log_size - prior.log_size
    away[7:] = fit.coefficients - prior.coefficients
    pull = -inverse * away
    inverse[7 + modes :] = 1e12
    pull[7 + modes :] = 0.0
    return inverse, pull
