"""Set teeth outside the row: successors beside milk teeth, and teeth too many; sink those half erupted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.teeth.shape_model import CrownModel, crown_model
from oral_architect.teeth.supernumerary import supernumerary_model

from .dentition import Dentition, Extra
from .placed_tooth import PlacedTooth, gap_mm

Rng = np.random.Generator
Vector = NDArray[np.float64]

_NEAR_MM = 14.0
"""Teeth whose centres are farther away cannot touch."""
_PUSHES = 4
_SIZE_SPREAD = 0.08


def room_mm(dentition: Dentition) -> NDArray[np.float64]:
    """Space to leave mesial of each place, ``(16,) float, mm``: drawn gaps, and room for teeth too many in the row."""
    room = np.array([slot.gap_mm for slot in dentition.slots])
    middle = len(room) // 2
    for extra in dentition.extras:
        if extra.where != "between":
            continue
        width = 0.95 * float(np.ptp(supernumerary_model(extra.fdi, extra.form).mean[:, 0]))
        at = [middle - 1, middle] if extra.form == "conical" else [extra.slot]
        room[at] += width
    return room


def sunk(tooth: PlacedTooth, share: float) -> PlacedTooth:
    """Return a tooth of which a share of the crown's height is still under the gingiva."""
    if share <= 0:
        return tooth
    depth = share * float(np.ptp(tooth.local.vertices[:, 2]))
    pose = tooth.pose.copy()
    pose[:3, 3] -= pose[:3, 2] * depth
    return replace(tooth, pose=pose, sunk_mm=depth)


def worn_flat(crown: Mesh, share: float, rng: Rng) -> Mesh:
    """Press a crown's top, tooth frame, to a slightly tilted facet a share of its height lower; every vertex stays."""
    if share <= 0:
        return crown
    v = crown.vertices
    tilt = rng.normal(0, 0.06, 2)
    height = v[:, 2] - v[:, :2] @ tilt
    limit = height.max() - share * np.ptp(v[:, 2])
    lower = np.where(height > limit, 0.9 * (height - limit), 0.0)
    return Mesh(np.c_[v[:, :2], v[:, 2] - lower], crown.faces)


def set_beside(row: Sequence[PlacedTooth], dentition: Dentition, rng: Rng) -> dict[int, list[PlacedTooth]]:
    """Return the teeth outside the row by the index of the place they follow.

    Parameters
    ----------
    row
        The teeth of the sixteen places where they stand, absent ones included.
    dentition
        What to set.
    rng
        Source of chance.
    """
    found: dict[int, list[PlacedTooth]] = {}
    there = [t for t in row if t.fdi not in dentition.gone]
    for k, slot in enumerate(dentition.slots):
        if slot.beside is None:
            continue
        model = crown_model(slot.beside)
        start = _template(model, row[k], rng, turn_deg=12.0)
        placed = _pushed(start, row[k], row[k].pose[:3, 1] * slot.beside_side, there, rng)
        there.append(sunk(placed, slot.beside_sunk))
        found.setdefault(k, []).append(there[-1])
    for extra in dentition.extras:
        there.append(sunk(_extra(extra, row, there, rng), extra.sunk))
        found.setdefault(extra.slot, []).append(there[-1])
    return found


def _extra(extra: Extra, row: Sequence[PlacedTooth], there: Sequence[PlacedTooth], rng: Rng) -> PlacedTooth:
    near = row[extra.slot]
    mesial = row[_mesial_of(extra.slot, len(row))]
    turn_deg = {"conical": 40.0, "lateral": 10.0, "premolar": 25.0, "molariform": 25.0}[extra.form]
    start = _template(supernumerary_model(extra.fdi, extra.form), near, rng, turn_deg=turn_deg)
    if extra.where == "between":
        return _between(start, mesial, near)
    if extra.where == "behind":
        return _pushed(start, near, near.pose[:3, 3] - mesial.pose[:3, 3], there, rng)
    side = 1.0 if extra.where == "buccal" else -1.0
    share = rng.uniform(0.2, 0.5)  # beside the contact rather than beside the tooth
    pose = start.pose.copy()
    pose[:3, 3] += share * (mesial.pose[:3, 3] - near.pose[:3, 3])
    return _pushed(replace(start, pose=pose), near, near.pose[:3, 1] * side, there, rng)


def _mesial_of(k: int, count: int) -> int:
    middle = count // 2
    return k - 1 if k >= middle else k + 1


def _template(model: CrownModel, near: PlacedTooth, rng: Rng, *, turn_deg: float) -> PlacedTooth:
    """A drawn crown at the place of a tooth of its side, its top level with that tooth's, turned about its axis."""
    draw = np.clip(rng.standard_normal(len(model.modes)), -2, 2) * 0.8
    size = float(np.clip(rng.normal(1, _SIZE_SPREAD), 0.8, 1.2))
    local = model.crown(draw, size)
    pose = near.pose.copy()
    angle = np.radians(np.clip(rng.normal(0, turn_deg), -2 * turn_deg, 2 * turn_deg))
    c, s = np.cos(angle), np.sin(angle)
    pose[:3, :3] = pose[:3, :3] @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    top = float(near.local.vertices[:, 2].max() - local.vertices[:, 2].max())
    pose[:3, 3] += pose[:3, 2] * (top - rng.uniform(0, 0.8))
    return PlacedTooth(model.fdi, pose, local, draw, size, 1.0, model, in_row=False)


def _between(tooth: PlacedTooth, mesial: PlacedTooth, distal: PlacedTooth) -> PlacedTooth:
    """Stand a tooth in the middle of the space between two."""
    along = distal.pose[:3, 3] - mesial.pose[:3, 3]
    along /= np.linalg.norm(along)
    first = float((mesial.mesh.vertices @ along).max())
    last = float((distal.mesh.vertices @ along).min())
    pose = tooth.pose.copy()
    own = tooth.mesh.vertices @ along
    pose[:3, 3] += along * ((first + last) / 2 - (own.max() + own.min()) / 2)
    across = (mesial.pose[:3, 3] + distal.pose[:3, 3]) / 2 - pose[:3, 3]
    across -= along * (across @ along)
    across[2] = 0
    pose[:3, 3] += across
    return replace(tooth, pose=pose)


def _pushed(
    tooth: PlacedTooth, near: PlacedTooth, direction: Vector, there: Sequence[PlacedTooth], rng: Rng
) -> PlacedTooth:
    """Move a tooth from the place of another along a direction until it only just touches what stands there."""
    out = direction * [1.0, 1.0, 0.0]
    out /= np.linalg.norm(out)
    own, other = tooth.mesh.vertices @ out, near.mesh.vertices @ out
    pose = tooth.pose.copy()
    pose[:3, 3] += out * (other.max() - own.min() - 0.5)
    tooth = replace(tooth, pose=pose)
    target = rng.uniform(-0.25, 0.5)
    for _ in range(_PUSHES):
        close = [t for t in there if np.linalg.norm(t.pose[:3, 3] - tooth.pose[:3, 3]) < _NEAR_MM]
        gap = min((gap_mm(t, tooth) for t in close), default=target)
        tooth.pose[:3, 3] += out * float(np.clip(target - gap, -1.5, 2.0))
    return tooth
