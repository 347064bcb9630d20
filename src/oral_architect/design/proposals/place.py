"""Where a tooth should stand, from where its neighbours stand: the mean arch, bent as this mouth is bent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Transform
from oral_architect.geometry.registration import from_pairs
from oral_architect.teeth.fdi import arch, jaw_of
from oral_architect.teeth.shape_model import crown_model

from .witnesses import Witness

Floats = NDArray[np.float64]

SPREAD = np.array([0.10, 0.10, 0.14, 0.7, 0.7, 0.4])
"""Standard deviation of a tooth's turn (rad) and of the shift of its top (mm) in its own frame (mesial, buccal,
occlusal) from where the mean arch, fitted to its neighbourhood, puts it. Round figures, about half of the model's own
spread over whole arches: the teeth of a mouth are lined up by their cusps and edges."""
SHARED = 0.5
"""Share of that variance that neighbouring teeth have in common."""
SHARED_OVER = 1.5
"""Places along the arch over which it dies away (standard deviation of a squared exponential)."""
WEIGHT_OVER = 1.5
"""Places along the arch over which a witness loses weight when the mean arch is fitted."""
UNSOUND = 0.3
"""Weight of a witness whose own form was doubtful."""
STRANGE = 2.0
"""A witness whose own offset from the fitted arch is this many standard deviations counts for half."""
ROUNDS = 8
"""Times the arch is fitted again without what turned out strange."""
ONE_SIDED = 2.0
"""Factor on the standard deviation of the shift of a tooth that has standing teeth on one side only."""
TOP_SHARE = 0.07
"""The top of a crown: this share of its points, the highest."""
LEVER_MM = 4.0
"""Length at which a turn of a tooth counts as much as a shift when the mean arch is fitted."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where a tooth is believed to stand.

    ``to_patient`` ``(4, 4)``: model frame to patient frame without scale; ``top_mm`` ``(3,)``: where the middle of its
    top is expected in that frame; ``sd`` ``(6,)``: of turn (rad) and of the shift of that top (mm) about and along the
    tooth's mesial, buccal and occlusal directions.
    """

    to_patient: Transform
    top_mm: Floats
    sd: Floats


@lru_cache(maxsize=32)
def top_of(fdi: int) -> NDArray[np.int64]:
    """Points of a crown model that make its top: the tips of cusps, the incisal edge."""
    model = crown_model(fdi)
    height = model.mean[:, 2]
    return np.flatnonzero(height >= np.quantile(height[~model.base], 1 - TOP_SHARE))


def place_of(fdi: int, witnesses: list[Witness]) -> Place | None:
    """Place a tooth among its witnesses of the same jaw; ``None`` when there is none.

    Parameters
    ----------
    fdi
        The tooth.
    witnesses
        Standing teeth with their fitted places.
    """
    same = [w for w in witnesses if jaw_of(w.fdi) == jaw_of(fdi)]
    if not same:
        return None
    row = arch(jaw_of(fdi))
    steps = np.array([abs(row.index(w.fdi) - row.index(fdi)) for w in same], dtype=np.float64)
    near = np.exp(-(steps**2) / (2 * WEIGHT_OVER**2)) + 1e-3
    # a number that is not sure may stand for a stump or a piece of gingiva, whose form nobody should follow
    said = np.array([(1.0 if w.sound else UNSOUND) * max(w.tooth.confidence, 0.1) ** 2 for w in same])
    belief = said
    for _ in range(ROUNDS):
        weight = near * belief
        scale = float(np.exp(weight @ np.array([w.fit.log_size for w in same]) / weight.sum()))
        mean = [_scaled(_at_top(crown_model(w.fdi).arch_pose, crown_model(w.fdi).mean, w.fdi), scale) for w in same]
        seen = [
            _at_top(w.to_patient, w.fit.model.points(w.fit.coefficients) * np.exp(w.fit.log_size), w.fdi) for w in same
        ]
        source = np.concatenate([_marks(p) for p in mean])
        target = np.concatenate([_marks(p) for p in seen])
        whole = from_pairs(source, target, np.repeat(weight, 4))
        off = np.stack([_offset(whole @ p, q) for p, q in zip(mean, seen, strict=True)])
        strange = np.square(off / SPREAD).mean(axis=1) / STRANGE**2
        belief = said / (1.0 + strange**2)
    shift, sd = _interpolated(fdi, same, off, belief)
    model = crown_model(fdi)
    place = _moved(whole @ _scaled(_at_top(model.arch_pose, model.mean, fdi), scale), shift)
    top_mm = scale * model.mean[top_of(fdi)].mean(axis=0)
    place[:3, 3] -= place[:3, :3] @ top_mm
    return Place(place, top_mm, sd)


def _at_top(pose: Transform, local: Floats, fdi: int) -> Transform:
    """A tooth's frame moved to the middle of its top; ``local`` ``(1500, 3) mm`` are its points in that frame."""
    out = pose.copy()
    out[:3, 3] += pose[:3, :3] @ local[top_of(fdi)].mean(axis=0)
    return out


def _scaled(pose: Transform, scale: float) -> Transform:
    out = pose.copy()
    out[:3, 3] *= scale
    return out


def _marks(pose: Transform) -> Floats:
    """Origin and three points along the axes of a frame."""
    origin = pose[:3, 3]
    return np.stack([origin, *(origin + LEVER_MM * pose[:3, i] for i in range(3))])


def _offset(expected: Transform, actual: Transform) -> Floats:
    """Turn (rad) and shift (mm) from an expected to an actual place, in the expected tooth's frame, ``(6,)``."""
    turn = expected[:3, :3].T @ actual[:3, :3]
    vector = 0.5 * np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return np.concatenate([vector, expected[:3, :3].T @ (actual[:3, 3] - expected[:3, 3])])


def _moved(pose: Transform, offset: Floats) -> Transform:
    from oral_architect.geometry.registration import rotation_from_vector

    out = pose.copy()
    out[:3, 3] += pose[:3, :3] @ offset[3:]
    out[:3, :3] = pose[:3, :3] @ rotation_from_vector(offset[:3])
    return out


def _interpolated(fdi: int, witnesses: list[Witness], off: Floats, belief: Floats) -> tuple[Floats, Floats]:
    """Offset of a tooth and its standard deviation, given those of others (Gaussian process along the arch)."""
    row = arch(jaw_of(fdi))
    others = [w.fdi for w in witnesses]
    at = np.array([row.index(t) for t in (fdi, *others)], dtype=np.float64)
    like = SHARED * np.exp(-((at[:, None] - at[None]) ** 2) / (2 * SHARED_OVER**2)) + (1 - SHARED) * np.eye(len(at))
    like[np.diag_indices(len(at))] += np.array([0.0, *(1.0 / belief - 1.0)])
    # mesial is the other way round across the midline: what is shared there is the mirror image
    gain = np.linalg.solve(like[1:, 1:], like[1:, 0])
    side = np.array([1.0 if (t // 10) == (fdi // 10) else -1.0 for t in others])
    mirrored = off.copy()
    mirrored[:, [1, 2, 3]] *= side[:, None]
    left = max(1.0 - float(like[0, 1:] @ gain), 0.05)
    sd = SPREAD * np.sqrt(left)
    if (at[1:] > at[0]).all() or (at[1:] < at[0]).all():
        sd = sd * np.array([1.0, 1.0, 1.0, ONE_SIDED, ONE_SIDED, ONE_SIDED])
    return gain @ mirrored, sd
