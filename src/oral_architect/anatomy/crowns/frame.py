"""From the scan's own frame to the patient frame, by laying the numbered teeth on a mean arch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points, Transform
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw
from oral_architect.teeth.shape_model import crown_model

_LEAST_TEETH = 3
_LEAST_TOOTH_MM2 = 4.0
_TOP_SHARE = 0.06  # the highest part of a crown's vertices stands for its cusps or edge
_TYPICAL_MISFIT_MM = 1.3  # how far teeth of an ordinary arch lie from the mean arch, after scaling
_DECIDUOUS_TO_PERMANENT = 40


@dataclass(frozen=True, eq=False)
class _Landmarks:
    """Two points a tooth, ``(t, 3) float, mm``: the middle of its surface and its highest part."""

    teeth: tuple[int, ...]
    middles: Points
    tops: Points
    openings: Points
    """Sum of the crown's face vectors, unit: an open crown shows where its closing base is not."""


def patient_frame(mesh: Mesh, labels: NDArray[np.integer[Any]], jaw: Jaw) -> tuple[Transform, float]:
    """Find the motion from the scan frame to the patient frame (LPS, mm).

    The middle and the highest part of each tooth are laid on those of the mean arch of the shape model by a weighted
    similarity (Umeyama, IEEE TPAMI 1991;13:376) in which teeth out of line count less and less. The scale is used
    for the fit and not applied. x = 0 is the midline, z = 0 the occlusal plane, y = 0 half-way between the incisors
    and the second molars of the mean upper arch; both jaws share that origin, so that two arches already lie roughly
    as in occlusion.

    Parameters
    ----------
    mesh
        The scan, ``n`` vertices, mm, any pose.
    labels
        ``(n,) int``, FDI numbers, 0 gingiva. Teeth of the other jaw are ignored.
    jaw
        Which jaw this is.

    Returns
    -------
    (4, 4) float, float
        Rigid motion scan to patient, and confidence 0 to 1: how well the teeth fit an arch of this jaw and side.

    Raises
    ------
    StageError
        With fewer than three teeth of this jaw.
    """
    found = _landmarks(mesh, np.asarray(labels), jaw)
    if len(found.teeth) < _LEAST_TEETH:
        raise StageError(
            f"only {len(found.teeth)} teeth of the {jaw} jaw are labelled; three are needed to find its frame",
            where="anatomy: patient frame",
            todo="Scan more of the arch, or check which jaw this is.",
        )
    template = _template(jaw)
    matrix, scale, misfit = _fit(found, template, [_as_permanent(t) for t in found.teeth])
    twins = [numbers.mirror(_as_permanent(t)) for t in found.teeth]
    _, _, twin_misfit = _fit(found, template, twins)
    up = matrix[:3, :3] @ _mean_direction(found.openings)
    tilt_deg = float(np.degrees(np.arccos(np.clip(up[2] if jaw == "lower" else -up[2], -1, 1))))
    return matrix, _confidence(found.teeth, scale, misfit, twin_misfit, tilt_deg)


def _as_permanent(fdi: int) -> int:
    return fdi - _DECIDUOUS_TO_PERMANENT if fdi > 50 else fdi


def _landmarks(mesh: Mesh, labels: NDArray[np.integer[Any]], jaw: Jaw) -> _Landmarks:
    face_labels = np.sort(labels[mesh.faces], axis=1)[:, 1]
    corner_sum = mesh.vertices[mesh.faces].sum(axis=1) / 3
    teeth, middles, openings = [], [], []
    for fdi in (int(x) for x in np.unique(face_labels)):
        if fdi // 10 not in range(1, 9) or not 1 <= fdi % 10 <= 8 or numbers.jaw_of(fdi) != jaw:
            continue
        own = face_labels == fdi
        area = mesh.face_areas[own]
        if area.sum() < _LEAST_TOOTH_MM2:
            continue
        teeth.append(fdi)
        middles.append((corner_sum[own] * area[:, None]).sum(axis=0) / area.sum())
        openings.append(mesh.face_crosses[own].sum(axis=0) / (2 * area.sum()))
    if not teeth:
        return _Landmarks((), np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)))
    up = _mean_direction(np.array(openings))
    tops = []
    for fdi in teeth:
        points = mesh.vertices[np.unique(mesh.faces[face_labels == fdi])]
        tops.append(_top(points, up))
    return _Landmarks(tuple(teeth), np.array(middles), np.array(tops), np.array(openings))


def _mean_direction(vectors: Points) -> NDArray[np.float64]:
    total = vectors.sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12))


def _top(points: Points, up: NDArray[np.float64]) -> NDArray[np.float64]:
    height = points @ up
    return np.asarray(points[height >= np.quantile(height, 1 - _TOP_SHARE)].mean(axis=0))


@cache
def _template(jaw: Jaw) -> dict[int, NDArray[np.float64]]:
    """Middle and top of each crown of the mean arch, ``(2, 3) mm``, in the patient frame."""
    raw = {fdi: _template_tooth(fdi) for fdi in numbers.arch(jaw)}
    upper = raw if jaw == "upper" else {fdi: _template_tooth(fdi) for fdi in (11, 21, 17, 27)}
    front = (upper[11][1] + upper[21][1])[1] / 2
    back = (upper[17][0] + upper[27][0])[1] / 2
    plane = float(np.mean([marks[1, 2] for fdi, marks in raw.items() if numbers.position(fdi) <= 7]))
    origin = np.array([0.0, (front + back) / 2, plane])
    return {fdi: marks - origin for fdi, marks in raw.items()}


def _template_tooth(fdi: int) -> NDArray[np.float64]:
    model = crown_model(fdi)
    crown = model.crown()
    open_crown, _ = crown.part(np.asarray(~model.base[crown.faces].any(axis=1)))
    corners = open_crown.vertices[open_crown.faces].sum(axis=1) / 3
    middle = (corners * open_crown.face_areas[:, None]).sum(axis=0) / open_crown.face_areas.sum()
    top = _top(open_crown.vertices, np.array([0.0, 0.0, 1.0]))
    return np.array([middle, top]) @ model.arch_pose[:3, :3].T + model.arch_pose[:3, 3]


def _fit(
    found: _Landmarks, template: dict[int, NDArray[np.float64]], names: list[int]
) -> tuple[Transform, float, float]:
    """Rigid motion, scale and weighted root mean square misfit (mm) of the teeth on the template."""
    source = np.concatenate([found.middles, found.tops])
    target = np.concatenate([np.array([template[n][k] for n in names]) for k in (0, 1)])
    weights = np.ones(len(names))
    for _ in range(8):
        both = np.concatenate([weights, weights])
        turn, scale, shift = _similarity(source, target, both)
        gap = np.linalg.norm(scale * source @ turn.T + shift - target, axis=1) / scale
        tooth_gap = np.maximum(gap[: len(names)], gap[len(names) :])
        weights = 1 / (
            1 + (tooth_gap / (2 * _TYPICAL_MISFIT_MM)) ** 2
        )  # Cauchy: one drifted tooth does not turn the arch
    both = np.concatenate([weights, weights])
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = shift / scale
    return matrix, scale, float(np.sqrt(np.average(gap**2, weights=both)))


def _similarity(
    source: Points, target: Points, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    a, b = np.average(source, axis=0, weights=weights), np.average(target, axis=0, weights=weights)
    p, q = source - a, target - b
    u, stretch, vt = np.linalg.svd((q * weights[:, None]).T @ p)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn = (u * sign) @ vt
    scale = float((stretch * sign).sum() / max(float((weights[:, None] * p**2).sum()), 1e-12))
    scale = float(np.clip(scale, 0.7, 1.4))
    return turn, scale, b - scale * turn @ a


def _confidence(teeth: tuple[int, ...], scale: float, misfit: float, twin_misfit: float, tilt_deg: float) -> float:
    shape = 1 / (1 + (misfit / (3 * _TYPICAL_MISFIT_MM)) ** 4)
    size = float(np.exp(-((np.log(scale) / 0.25) ** 4)))
    spread = min(1.0, (len(teeth) + 2) / 8)
    upright = float(np.clip((60 - tilt_deg) / 30, 0, 1))
    # teeth numbered on the wrong side fit the mirrored numbers better; a nearly straight row cannot tell
    side = float(np.clip(2 * twin_misfit / max(misfit + twin_misfit, 1e-9) - 0.2, 0, 1))
    return float(shape * size * spread * upright * side)
