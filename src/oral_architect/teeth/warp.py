"""Make the crown of one tooth from another's: scale and taper it by height, bulge it, carry its modes along."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from .shape_model import CrownModel

Points = NDArray[np.float64]
_FITTING_ROUNDS = 8
_MODE_STEP = 0.5
"""Modes are carried by a finite difference of the warp, this many standard deviations long."""


@dataclass(frozen=True)
class Bump:
    """A local swelling of the wall: how far it stands out and where."""

    out_mm: float
    towards: tuple[float, float]
    """Direction in the plane, mesial and buccal."""
    height: float
    """Share of the way from the margin to the top."""
    half_height: float
    half_angle_rad: float


@dataclass(frozen=True)
class Target:
    """What a warped crown measures, mm, and how its outline changes on the way up."""

    size_mm: tuple[float, float, float]
    """Mesiodistal, buccolingual, from the lowest point of the margin to the top."""
    neck_mm: tuple[float, float] | None
    """Mesiodistal and buccolingual span of the gingival margin; where left out, what ``profile`` makes it."""
    profile: tuple[tuple[float, float, float], ...]
    """Rows of height (0 margin, 1 top) and the factors on the mesiodistal and the buccolingual outline."""
    bumps: tuple[Bump, ...] = ()
    lean_mm: float = 0.0
    """How far the top shifts to the buccal side."""
    level: float = 0.0
    """Share of the margin's rise and fall around the tooth that is taken out."""


def warped(source: CrownModel, fdi: int, target: Target, arch_pose: NDArray[np.float64]) -> CrownModel:
    """Return a crown model made from another by a smooth map of space without folds.

    Only the outline at each height is scaled and shifted, so what is apart stays apart; base, margin and faces are
    those of the source, and its modes pass through the same map.

    Parameters
    ----------
    source
        The model it is made from.
    fdi
        Number of the new tooth.
    target
        Its measures.
    arch_pose
        ``(4, 4)``: where it stands in the mean arch.
    """
    profile = np.array(target.profile)
    fit = np.ones(3)
    for _ in range(_FITTING_ROUNDS):
        mean = _map(source, target, profile, fit)(source.mean)
        fit = fit * np.array(target.size_mm) / np.ptp(mean, axis=0)
        if target.neck_mm is not None:
            neck = np.ptp(mean[source.margin][:, :2], axis=0)
            profile[0, 1:] *= np.clip(np.array(target.neck_mm) / neck, 0.8, 1.25)
            profile[0, 1:] = profile[0, 1:].clip(0.6, 1.2)
    move = _map(source, target, profile, fit)
    mean = move(source.mean)
    centre = mean.mean(axis=0)
    modes = [(move(source.mean + _MODE_STEP * m) - mean) / _MODE_STEP for m in source.modes.astype(np.float64)]
    return replace(
        source, fdi=fdi, mean=mean - centre, modes=np.stack(modes).astype(np.float32), arch_pose=arch_pose.copy()
    )


class _Map:
    """The map of space: outline factors by height, swellings, then one factor an axis."""

    def __init__(self, source: CrownModel, target: Target, profile: NDArray[np.float64], fit: NDArray[np.float64]):
        self.middle = (source.mean.min(axis=0) + source.mean.max(axis=0))[:2] / 2
        margin = source.mean[source.margin]
        self.low, self.top = float(margin[:, 2].mean()), float(source.mean[:, 2].max())
        self.reach = float(np.linalg.norm(margin[:, :2] - self.middle, axis=1).mean())
        basis = _around(margin[:, :2] - self.middle)
        self.rise = np.linalg.lstsq(basis, margin[:, 2] - self.low, rcond=None)[0]
        self.outline = PchipInterpolator(profile[:, 0], profile[:, 1:])
        self.ends = profile[0, 0], profile[-1, 0]
        self.target, self.fit = target, fit

    def __call__(self, points: Points) -> Points:
        flat = points[:, :2] - self.middle
        radius = np.linalg.norm(flat, axis=1)
        # heights count from the margin below each place; on the axis, from its mean
        rise = _around(flat) @ self.rise * np.clip(radius / self.reach, 0, 1) ** 2
        t = (points[:, 2] - self.low - rise) / (self.top - self.low - rise)
        across = flat * self.outline(np.clip(t, *self.ends))
        for bump in self.target.bumps:
            towards = np.array(bump.towards) / np.linalg.norm(bump.towards)
            cosine = np.clip(flat @ towards / np.maximum(radius, 1e-9), -1, 1)
            side = np.exp(-((np.arccos(cosine) / bump.half_angle_rad) ** 2))
            level = np.exp(-(((t - bump.height) / bump.half_height) ** 2))
            wall = np.clip(radius / 3.0, 0, 1)  # nothing moves on the axis
            across = across + (bump.out_mm * side * level * wall)[:, None] * towards
        across[:, 1] += self.target.lean_mm * np.clip(t, 0, 1)
        z = points[:, 2] - self.target.level * rise * (1 - np.clip(t, 0, 1))
        return np.asarray(np.c_[across, z] * self.fit)


def _around(flat: Points) -> Points:
    """First waves around the axis of places ``(n, 2)``, ``(n, 4)``."""
    angle = np.arctan2(flat[:, 1], flat[:, 0])
    return np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)], axis=1)


def _map(source: CrownModel, target: Target, profile: NDArray[np.float64], fit: NDArray[np.float64]) -> _Map:
    return _Map(source, target, profile, fit)
