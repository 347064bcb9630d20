"""Crowns of milk teeth, made from permanent ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import SettingsError
from oral_architect.reference import find

from .fdi import is_deciduous, is_left, jaw_of, mirror, position, successor
from .shape_model import CrownModel, crown_model
from .warp import Bump, Target, warped

_MADE_FROM = {51: 11, 52: 12, 53: 13, 54: 14, 55: 16, 81: 41, 82: 42, 83: 43, 84: 46, 85: 46}
"""Right teeth only. Front teeth come from their namesakes and second milk molars from first permanent molars, whose
cusps and fissures they share; the upper first milk molar, whose form stands between premolar and molar, from the first
premolar; the lower first milk molar, like no permanent tooth, from the first molar."""

_FRONT = ((0.0, 0.95, 0.95), (0.3, 1.0, 1.06), (0.7, 1.02, 1.0), (1.0, 1.0, 0.95))
_MOLAR = ((0.0, 0.85, 0.8), (0.3, 1.0, 1.04), (0.6, 1.0, 0.95), (1.0, 0.92, 0.8))
_FIRST_UPPER = ((0.0, 0.85, 0.8), (0.3, 1.0, 1.06), (0.6, 1.0, 0.92), (1.0, 1.2, 0.74))
_FIRST_LOWER = ((0.0, 0.85, 0.8), (0.25, 1.0, 1.06), (0.6, 1.0, 0.9), (1.0, 0.94, 0.68))
_PROFILES = {54: _FIRST_UPPER, 84: _FIRST_LOWER, 55: _MOLAR, 85: _MOLAR}

_UPRIGHT = 0.6
"""Milk incisors stand steeper than their successors: this share of the successor's inclination is taken back."""
_BELOW_PLANE_MM = 0.3
"""How much lower their edges and cusps lie than those of the successors, whose crowns are longer."""


@cache
def deciduous_model(fdi: int) -> CrownModel:
    """Return the crown model of a milk tooth, 51-85.

    This is a construction, not a statistical model of milk teeth: the model of a permanent tooth, scaled to the
    published mesiodistal, buccolingual and height of the milk tooth (``tooth_dimensions``), its neck drawn in to the
    published cervical widths, its buccal cervical ridge swollen, its occlusal table narrowed. How milk teeth truly vary
    is not in it; the modes are those of the permanent tooth passed through the same map.

    Raises
    ------
    SettingsError
        When ``fdi`` is not a milk tooth.
    """
    if not is_deciduous(fdi):
        raise SettingsError(f"{fdi} is not a milk tooth", where="tooth shape model", todo="Use FDI 51 to 85.")
    right = mirror(fdi) if is_left(fdi) else fdi
    source = crown_model(mirror(_MADE_FROM[right]) if is_left(fdi) else _MADE_FROM[right])
    follower = successor(fdi)
    assert follower is not None
    model = warped(source, fdi, _target(right), np.eye(4))
    return _standing(model, crown_model(follower))


def model_of(fdi: int) -> CrownModel:
    """Return the crown model of a permanent or a milk tooth.

    Raises
    ------
    SettingsError
        When ``fdi`` is neither.
    """
    return deciduous_model(fdi) if is_deciduous(fdi) else crown_model(fdi)


def _target(right: int) -> Target:
    row = find("tooth_dimensions", fdi=str(right))
    size = row.need("md_mm"), row.need("bl_mm"), row.need("crown_length_mm")
    return Target(
        size_mm=size,
        neck_mm=(row.need("md_cervix_mm"), row.need("bl_cervix_mm")),
        profile=_PROFILES.get(right, _FRONT),
        bumps=_bumps(right),
        lean_mm=-0.35 if position(right) >= 4 else 0.0,
        level={54: 1.0}.get(right, 0.6 if position(right) >= 4 else 0.3),
    )


def _bumps(right: int) -> tuple[Bump, ...]:
    """The cervical ridge on the buccal side, on front teeth a smaller one also lingually.

    On first milk molars it swells to the tubercle of Zuckerkandl at the mesial corner.
    """
    if position(right) <= 3:
        return (Bump(0.35, (0, 1), 0.12, 0.2, 0.9), Bump(0.2, (0, -1), 0.12, 0.2, 0.9))
    ridge = Bump(0.6, (0, 1), 0.2, 0.2, 1.0)
    if position(right) == 4:
        return (ridge, Bump(1.1 if jaw_of(right) == "lower" else 0.9, (0.75, 1), 0.15, 0.22, 0.55))
    return (ridge,)


def _standing(model: CrownModel, follower: CrownModel) -> CrownModel:
    """Put a milk tooth where its successor will stand: at its height, incisors steeper."""
    pose = follower.arch_pose.copy()
    top = pose[:3, 3] + pose[:3, 2] * follower.mean[:, 2].max()
    if position(model.fdi) <= 3:
        pose[:3, :3] = _steeper(pose[:3, :3]) @ pose[:3, :3]
    pose[:3, 3] = top - pose[:3, 2] * (model.mean[:, 2].max() + _BELOW_PLANE_MM)
    return replace(model, arch_pose=pose, pose_cov=follower.pose_cov, size_sd=follower.size_sd)


def _steeper(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation that takes back part of the angle between the long axis and the vertical."""
    from scipy.spatial.transform import Rotation

    upright = np.array([0, 0, np.sign(axes[2, 2])])
    turn = np.cross(axes[:, 2], upright)
    sine = float(np.linalg.norm(turn))
    if sine < 1e-9:
        return np.eye(3)
    angle = np.arctan2(sine, float(axes[:, 2] @ upright))
    return np.asarray(Rotation.from_rotvec(turn / sine * angle * _UPRIGHT).as_matrix())
