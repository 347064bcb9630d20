"""The mesial, buccal and occlusal axes of a tooth, and its widths, from its crown, its margin and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

Floats = NDArray[np.float64]

_SAMPLES = 500
_ITERATIONS = 25
_STIFF_ITERATIONS = 5  # first place the mean crown, then let it bend
_MODES = 12  # shape freedom given to the mean crown, so that an unusual crown does not turn it
_HINGE = 0.75  # the part of a crown above this quantile of heights keeps its length
_LENGTH_SD = 0.15
_SHAPE_SD = 1.0  # mode coefficients are in standard deviations
_MISFIT_SD_MM = 0.2  # what those modes leave unexplained, root mean square
_FREE_POINTS = 60.0  # neighbouring misfits go together: so many of the samples count as independent
_TURN_SD_RAD = 0.14  # trust in the first guess: arch tangent and arch plane, 8 degrees
_SHIFT_SD_MM = 0.5
_SIZE_SD = 0.12
_STRANGE_SIZE = 0.3  # log size: 2.5 standard deviations
_STRANGE_MISFIT_MM = 0.3  # ordinary crowns leave 0.05 to 0.15 mm
_LONGEST_STEP = 0.3  # of turn (rad), shift (mm), log size at once
_REACH_MM = 2.5  # pairs further apart than this are not believed
_FORWARD, _FRONT_MM = 2.0, 15.0  # toward the midline in front, increasingly forward from this far out
_EDGE_QUANTILE = 0.005


@dataclass(frozen=True, eq=False)
class ToothAxes:
    """Where a tooth is and how it stands.

    ``axes`` has unit rows mesial, buccal, occlusal in the frame of the crown. They are right-handed on the patient's
    upper right and lower left and left-handed on the other two quadrants, because mesial is mirrored there.
    """

    fdi: int
    centroid_mm: Floats
    """``(3,) float, mm``: origin of the tooth frame, the centroid of the whole crown as the shape model has it."""
    axes: Floats
    """``(3, 3) float``: unit rows mesial, buccal, occlusal."""
    width_md_mm: float
    """Greatest extent along the mesial axis, contact to contact."""
    width_bl_mm: float
    """Greatest extent along the buccal axis."""
    height_mm: float
    """From the mean level of the gingival margin to the highest point, along the occlusal axis."""
    misfit_mm: float
    """Root mean square distance to the fitted crown."""
    fitted_mm: Floats | None
    """``(1500, 3) float, mm``: the whole crown the shape model sees in the scanned one, in the frame of the crown.

    What is out of sight between the teeth and under the gingiva continues what is seen. ``None`` for a tooth without
    a model (a milk tooth or one too many) and where too little of a tooth is left.
    """

    def frame(self) -> Floats:
        """Return ``(4, 4)``: tooth frame (mesial, buccal, occlusal) to the frame of the crown, mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.axes.T
        matrix[:3, 3] = self.centroid_mm
        return matrix


def tooth_axes(crown: Mesh, margin: Points, fdi: int, arch: Mapping[int, Points]) -> ToothAxes:
    """Find how a tooth stands.

    A first guess has occlusal along the arch's own normal leaning toward the margin plane's, and mesial along the
    tangent of the arch through the neighbours' centroids. The mean crown of the shape model is then laid on the
    scanned surface (point-to-plane closest points with a common scale, trimmed) with the guess as a prior, so that a
    worn, prepared or half-seen crown falls back on its place in the arch.

    Parameters
    ----------
    crown
        Its open shell in the patient frame, mm.
    margin
        ``(k, 3) float, mm``: its closed gingival margin, counter-clockwise seen from the occlusal side.
    fdi
        Its number. A milk tooth and one too many have no model of their own and keep the first guess.
    arch
        Centroid ``(3,) mm`` of each tooth of the jaw by number (this one may be among them).

    Returns
    -------
    ToothAxes
        Origin, axes and sizes.

    Raises
    ------
    StageError
        When the crown has fewer than ten vertices.
    """
    if len(crown.vertices) < 10:
        raise StageError(
            f"the crown of {fdi} has only {len(crown.vertices)} vertices",
            where=f"anatomy: axes of {fdi}",
            todo="Rescan this tooth.",
        )
    guess = _first_guess(crown, margin, fdi, arch)
    if numbers.is_permanent(fdi):
        axes, centroid, misfit, fitted = _fit_mean_crown(crown, fdi, guess)
    else:
        axes, centroid, misfit, fitted = guess, crown.vertices.mean(axis=0), 0.0, None
    local = (crown.vertices - centroid) @ axes.T
    low, high = np.quantile(local, [_EDGE_QUANTILE, 1 - _EDGE_QUANTILE], axis=0)
    level = float(((margin - centroid) @ axes[2]).mean()) if len(margin) else float(local[:, 2].min())
    return ToothAxes(
        fdi=fdi,
        centroid_mm=centroid,
        axes=axes,
        width_md_mm=float(high[0] - low[0]),
        width_bl_mm=float(high[1] - low[1]),
        height_mm=float(local[:, 2].max() - level),
        misfit_mm=misfit,
        fitted_mm=fitted,
    )


def _first_guess(crown: Mesh, margin: Points, fdi: int, arch: Mapping[int, Points]) -> Floats:
    """Unit rows mesial, buccal, occlusal from the arch and the margin."""
    up = np.array([0.0, 0.0, 1.0 if numbers.jaw_of(fdi) == "lower" else -1.0])
    occlusal = _unit(3.0 * up + _margin_normal(margin) + _unit(crown.face_crosses.sum(axis=0)))
    mesial = _arch_tangent(crown, fdi, arch)
    mesial = _unit(mesial - (mesial @ occlusal) * occlusal)
    side = 1.0 if fdi // 10 in (1, 3, 5, 7) else -1.0
    return np.stack([mesial, side * np.cross(occlusal, mesial), occlusal])


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))


def _margin_normal(margin: Points) -> Floats:
    """Unit normal of a closed line by its vector area, toward the side from which it runs counter-clockwise."""
    if len(margin) < 3:
        return np.zeros(3)
    arms = margin - margin.mean(axis=0)
    return _unit(np.cross(arms, np.roll(arms, -1, axis=0)).sum(axis=0))


def _arch_tangent(crown: Mesh, fdi: int, arch: Mapping[int, Points]) -> Floats:
    """Direction toward mesial: the mean arch's at this tooth, turned as this patient's neighbours ask."""
    if not numbers.is_permanent(fdi):
        return _tangent_beside(crown, fdi, arch)
    model = crown_model(fdi).arch_pose
    typical = model[:3, 0]
    own = np.asarray(arch.get(fdi, crown.vertices.mean(axis=0)))
    turns = []
    for neighbour in numbers.neighbours(fdi):
        if neighbour is None or neighbour not in arch:
            continue
        expected = crown_model(neighbour).arch_pose[:2, 3] - model[:2, 3]
        actual = (np.asarray(arch[neighbour]) - own)[:2]
        turns.append(_angle(actual) - _angle(expected))
    turn = _mean_angle(turns) if turns else 0.0
    c, s = np.cos(turn), np.sin(turn)
    return np.array([c * typical[0] - s * typical[1], s * typical[0] + c * typical[1], typical[2]])


def _tangent_beside(crown: Mesh, fdi: int, arch: Mapping[int, Points]) -> Floats:
    """Direction toward mesial from one neighbouring tooth to the other, whatever their numbers."""
    own = np.asarray(arch.get(fdi, crown.vertices.mean(axis=0)))[:2]
    side = 1.0 if own[0] > 0 else -1.0
    mesial = np.array([-side, -_FORWARD * min(1.0, abs(own[0]) / _FRONT_MM)])
    others = sorted((float(np.linalg.norm(np.asarray(c)[:2] - own)), t) for t, c in arch.items() if t != fdi)
    near = [np.asarray(arch[t])[:2] for _, t in others[:2]]
    along = near[1] - near[0] if len(near) == 2 else near[0] - own if near else mesial
    return np.array([*(along * (1.0 if along @ mesial >= 0 else -1.0)), 0.0])


def _angle(vector: Floats) -> float:
    return float(np.arctan2(vector[1], vector[0]))


def _mean_angle(angles: list[float]) -> float:
    return float(np.arctan2(np.mean(np.sin(angles)), np.mean(np.cos(angles))))


@cache
def _mean_surface(fdi: int) -> tuple[Surface, Floats]:
    """The mean crown without its closing base, in its tooth frame, and its first modes, ``(v, 3, k) float, mm``."""
    model = crown_model(fdi)
    whole = model.crown()
    shell, ids = whole.part(np.asarray(~model.base[whole.faces].all(axis=1)))
    return Surface(shell), np.moveaxis(_modes(fdi)[:, ids], 0, 2)


@cache
def _modes(fdi: int) -> Floats:
    """Ways a crown may differ from the mean, ``(k, 1500, 3) float, mm`` per standard deviation.

    The model's first modes, and how far toward the root it is seen, which the gingiva decides more than the tooth.
    """
    model = crown_model(fdi)
    height = model.mean[:, 2]
    hinge = np.quantile(height, _HINGE)
    longer = np.zeros((1, *model.mean.shape))
    longer[0, :, 2] = _LENGTH_SD * np.minimum(height - hinge, 0.0)
    return np.concatenate([model.modes[:_MODES].astype(np.float64), longer])


@dataclass
class _Fit:
    """The mean crown's ``x`` is seen at ``size * turn @ (x + modes) + shift`` (tooth frame of the first guess, mm)."""

    turn: Floats
    shift: Floats
    size: float
    shape: Floats


def _fit_mean_crown(crown: Mesh, fdi: int, guess: Floats) -> tuple[Floats, Floats, float, Floats | None]:
    """Axes, origin, root mean square misfit and points after laying the flexible mean crown on the scanned one.

    All in the tooth frame, where left and right teeth are the same shape. A fit that needs an unheard-of size or leaves
    a large misfit has not found the tooth in what little is left of it: the guess stands, and there are no points.
    """
    surface, modes = _mean_surface(fdi)
    start = _start_point(crown, surface.mesh, guess)
    stride = max(1, len(crown.vertices) // _SAMPLES)
    area = _vertex_areas(crown)[::stride]
    local = (crown.vertices[::stride] - start) @ guess.T
    fit = _Fit(np.eye(3), np.zeros(3), 1.0, np.zeros(modes.shape[2]))
    misfit = 0.0
    for round_no in range(_ITERATIONS):
        moved = (local - fit.shift) @ fit.turn / fit.size
        near = surface.nearest(moved)
        normal = surface.pseudo_normals(near)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        bend = np.einsum("nc,ncdk,nd->nk", near.weights, modes[surface.mesh.faces[near.faces]], normal)
        gap = ((moved - near.points) * normal).sum(axis=1) - bend @ fit.shape
        scale = float(np.clip(2.5 * np.median(np.abs(gap)), 0.2, 0.8))
        weight = area / (1 + (gap / scale) ** 2)
        weight[near.distance_mm > _REACH_MM] = 0.0
        if weight.sum() <= 0:
            break
        weight /= weight.sum()
        misfit = float(np.sqrt((weight * gap**2).sum())) * fit.size
        rows = np.concatenate(
            [np.cross(moved, normal), normal, (moved * normal).sum(axis=1, keepdims=True), bend], axis=1
        )
        step = _step(rows, gap, weight, fit)
        if round_no < _STIFF_ITERATIONS:
            step[7:] = 0.0
        step[:7] *= min(1.0, _LONGEST_STEP / max(float(np.abs(step[:7]).max()), 1e-12))
        fit.turn = fit.turn @ rotation_from_vector(step[:3])
        fit.shift = fit.shift + fit.size * fit.turn @ step[3:6]
        fit.size = float(fit.size * np.exp(step[6]))
        fit.shape = fit.shape + step[7:]
        if round_no > _STIFF_ITERATIONS and np.abs(step).max() < 1e-3:
            break
    if abs(np.log(fit.size)) > _STRANGE_SIZE or misfit > _STRANGE_MISFIT_MM:
        return guess, start, misfit, None
    model = crown_model(fdi)
    bent = model.mean + np.tensordot(fit.shape, _modes(fdi), axes=1)
    fitted = start + (fit.size * bent @ fit.turn.T + fit.shift) @ guess
    return fit.turn.T @ guess, start + fit.shift @ guess, misfit, fitted


def _step(rows: Floats, gap: Floats, weight: Floats, fit: _Fit) -> Floats:
    """Gauss-Newton step of turn (rad), shift (mm), log size and mode coefficients, with the first guess as a prior."""
    strength = _FREE_POINTS / _MISFIT_SD_MM**2
    weighted = strength * (rows * weight[:, None]).T
    prior = np.concatenate(
        [
            np.full(3, _TURN_SD_RAD**-2),
            np.full(3, _SHIFT_SD_MM**-2),
            [_SIZE_SD**-2],
            np.full(len(fit.shape), _SHAPE_SD**-2),
        ]
    )
    so_far = np.concatenate([_turn_vector(fit.turn), fit.turn.T @ fit.shift / fit.size, [np.log(fit.size)], fit.shape])
    return np.asarray(np.linalg.solve(weighted @ rows + np.diag(prior), weighted @ gap - prior * so_far))


def _turn_vector(turn: Floats) -> Floats:
    angle = float(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return np.asarray(axis / 2 if angle < 1e-6 else axis * angle / (2 * np.sin(angle)))


def _start_point(crown: Mesh, shell: Mesh, guess: Floats) -> Floats:
    """Origin of the tooth frame when the highest parts and the middles of both crowns coincide."""
    local = crown.vertices @ guess.T
    low, high = np.quantile(local, [0.02, 0.98], axis=0)
    low_model, high_model = np.quantile(shell.vertices, [0.02, 0.98], axis=0)
    origin = (low + high - low_model - high_model) / 2
    origin[2] = high[2] - high_model[2]  # the top is seen; how much of the neck is seen varies
    return np.asarray(origin @ guess)


def _vertex_areas(mesh: Mesh) -> Floats:
    shares = np.repeat(mesh.face_areas / 3, 3)
    return np.asarray(np.bincount(mesh.faces.ravel(), weights=shares, minlength=len(mesh.vertices)), dtype=np.float64)
