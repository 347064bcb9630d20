"""A tooth as voxels of enamel, dentine, pulp and new material, estimated from its crown's surface.

What lies under the surface was not scanned. Enamel is taken as a shell of stated thickness, the pulp as what lies deep
enough and low enough; both figures have spreads that the prediction carries on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Transform
from oral_architect.geometry.voxels import VoxelGrid, body_fractions, grid_around, shell_fractions
from oral_architect.programme import Programme, ToothProgramme
from oral_architect.programme.block import tooth_frame
from oral_architect.programme.pulp import tooth_class

from .model import Model

HALF = 0.5
PAD = 2


class Tissue(IntEnum):
    """What a voxel is made of."""

    OUTSIDE = 0
    ENAMEL = 1
    DENTINE = 2
    PULP = 3
    NEW = 4


@dataclass(frozen=True)
class ToothVoxels:
    """A tooth in its own frame: mesial, buccal, occlusal.

    Parameters
    ----------
    tissue
        ``(nx, ny, nz) int8`` of :class:`Tissue`.
    layer
        ``(nx, ny, nz) int16``: layer of new material, -1 elsewhere.
    body_centre
        Voxel coordinates of the middle of the new material, ``(3,) float``.
    neck_index
        First voxel plane above the gum.
    from_patient
        Patient frame to the tooth's frame.
    remaining_dentine_mm
        Shortest way from new material to the pulp.
    """

    grid: VoxelGrid
    tissue: NDArray[np.int8]
    layer: NDArray[np.int16]
    body_centre: NDArray[np.float64]
    neck_index: int
    from_patient: Transform
    remaining_dentine_mm: float


def tooth_voxels(
    landscape: Landscape, body: Mesh, programme: Programme, plan: ToothProgramme, *, model: Model, voxel_mm: float
) -> ToothVoxels:
    """Build the voxels of one tooth with its new material.

    Parameters
    ----------
    body
        Closed body of new material, patient frame.

    Raises
    ------
    StageError
        When the crown encloses nothing.
    """
    tooth = landscape.tooth(plan.fdi)
    move = tooth_frame(tooth)
    crown, new_body = landscape.crown(plan.fdi).transformed(move), body.transformed(move)
    neck_mm = _neck(landscape, plan.fdi, move, crown)
    top_mm = float(max(crown.vertices[:, 2].max(), new_body.vertices[:, 2].max()))
    ceiling_mm = top_mm - _ceiling_depth(plan.fdi, model)
    floor_mm = min(neck_mm, ceiling_mm) - model["root_stub_mm"]
    points = np.concatenate([crown.vertices, new_body.vertices])
    points = np.concatenate([points[points[:, 2] >= floor_mm], [[*points.mean(axis=0)[:2], floor_mm]]])
    grid = grid_around(points, voxel_mm, PAD)
    new = body_fractions(new_body, grid, samples=2, where=f"restoration of tooth {plan.fdi}") >= HALF
    old = (shell_fractions(crown, grid) >= HALF) & ~new
    old[:, :, :PAD] = False
    new[:, :, :PAD] = False
    whole = _one_piece(old | new)
    if not (whole & old).any():
        raise StageError("the crown encloses nothing", where=f"tooth {plan.fdi}", todo="Check the scan's orientation.")
    z_mm = grid.origin_mm[2] + np.arange(grid.shape[2], dtype=np.float64) * voxel_mm
    tissue = _tissues(whole, new, z_mm, (neck_mm, ceiling_mm, top_mm), fdi=plan.fdi, model=model, voxel_mm=voxel_mm)
    return ToothVoxels(
        grid=grid,
        tissue=tissue,
        layer=_layers(grid, tissue == Tissue.NEW, programme, plan, move),
        body_centre=(new_body.vertices.mean(axis=0) - np.asarray(grid.origin_mm)) / voxel_mm,
        neck_index=int(np.searchsorted(z_mm, neck_mm)),
        from_patient=move,
        remaining_dentine_mm=_remaining_dentine(tissue, voxel_mm),
    )


def _neck(landscape: Landscape, fdi: int, move: Transform, crown: Mesh) -> float:
    margin = landscape.arrays.get(f"margin_{fdi}")
    if margin is None or len(margin) == 0:
        return float(crown.vertices[:, 2].min())
    return float(np.median(np.asarray(margin, dtype=np.float64) @ move[2, :3] + move[2, 3]))


def _ceiling_depth(fdi: int, model: Model) -> float:
    return model[f"pulp_ceiling_{tooth_class(fdi)}_mm"]


def _one_piece(whole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    parts, count = ndimage.label(whole)
    if count <= 1:
        return whole
    sizes = np.bincount(parts.ravel())[1:]
    return np.asarray(parts == int(sizes.argmax()) + 1)


def _tissues(
    whole: NDArray[np.bool_],
    new: NDArray[np.bool_],
    z_mm: NDArray[np.float64],
    levels_mm: tuple[float, float, float],
    *,
    fdi: int,
    model: Model,
    voxel_mm: float,
) -> NDArray[np.int8]:
    from scipy import ndimage

    neck_mm, ceiling_mm, top_mm = levels_mm
    # the tooth goes on below the block, so its floor is no surface
    extended = whole.copy()
    extended[:, :, :PAD] = whole[:, :, PAD : PAD + 1]
    extended = np.pad(extended, ((0, 0), (0, 0), (int(6 / voxel_mm), 0)), mode="edge")
    depth = ndimage.distance_transform_edt(extended)[:, :, int(6 / voxel_mm) :] * voxel_mm - voxel_mm / 2
    tissue = np.where(whole, Tissue.DENTINE, Tissue.OUTSIDE).astype(np.int8)
    side = model["enamel_primary_mm" if fdi >= 50 else "enamel_side_mm"]
    cusp = side if fdi >= 50 else model["enamel_cusp_mm"]
    middle = (neck_mm + top_mm) / 2
    rise = np.clip((z_mm - middle) / max(top_mm - middle, voxel_mm), 0.0, 1.0)
    enamel = (depth < side + (cusp - side) * rise) & (z_mm >= neck_mm)
    tissue[whole & enamel] = Tissue.ENAMEL
    tissue[_pulp(whole & ~new, depth, z_mm, ceiling_mm, model)] = Tissue.PULP
    tissue[whole & new] = Tissue.NEW
    return tissue


def _pulp(
    tooth: NDArray[np.bool_], depth: NDArray[np.float64], z_mm: NDArray[np.float64], ceiling_mm: float, model: Model
) -> NDArray[np.bool_]:
    low = tooth & (z_mm <= ceiling_mm)
    if not low.any():  # a short crown scanned closed: no root to look into
        low = tooth
    deepest = float(depth[low].max())
    wall = min(model["pulp_wall_mm"], model["pulp_wall_share"] * deepest)
    return np.asarray(low & (depth >= wall))


def _layers(
    grid: VoxelGrid, new: NDArray[np.bool_], programme: Programme, plan: ToothProgramme, move: Transform
) -> NDArray[np.int16]:
    from scipy import ndimage

    voxels = programme.arrays[f"voxels_{plan.fdi}"].astype(np.float64) * plan.voxel_mm + np.asarray(plan.origin_mm)
    cells = grid.voxel_of(voxels @ move[:3, :3].T + move[:3, 3])
    known = np.full(grid.shape, -1, dtype=np.int16)
    fits = ((cells >= 0) & (cells < np.asarray(grid.shape))).all(axis=1)
    inside = cells[fits]
    np.maximum.at(known, (inside[:, 0], inside[:, 1], inside[:, 2]), programme.arrays[f"layer_{plan.fdi}"][fits])
    layer = np.full(grid.shape, -1, dtype=np.int16)
    if new.any() and (known >= 0).any():
        nearest = ndimage.distance_transform_edt(known < 0, return_distances=False, return_indices=True)
        layer[new] = known[tuple(nearest)][new]
    return layer


def _remaining_dentine(tissue: NDArray[np.int8], voxel_mm: float) -> float:
    from scipy import ndimage

    new, pulp = tissue == Tissue.NEW, tissue == Tissue.PULP
    if not new.any() or not pulp.any():
        return float("inf")
    # from voxel centre to voxel centre, less the two halves
    return float(ndimage.distance_transform_edt(~new)[pulp].min() - 1.0) * voxel_mm
