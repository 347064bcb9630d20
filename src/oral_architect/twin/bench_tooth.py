"""Teeth of published measurements as blocks of voxels, and the lamps and sprays they were held under."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.voxels import VoxelGrid
from oral_architect.programme import Layer, ToothProgramme, load_profile

from .heat import Surroundings, heat_block, rkl2_step
from .model import Model
from .tissue import PAD, Tissue, ToothVoxels
from .visit import MM_PER_M, simulate_heat
from .walls import face_shares

SUPER_STEP_S = 2.0


@dataclass(frozen=True)
class BlockTooth:
    """A tooth as a block with a block for its pulp chamber.

    Parameters
    ----------
    width_mm, depth_mm, crown_mm, root_mm
        Mesiodistal, buccolingual, neck to top, neck to where it is held.
    ceiling_mm
        From the top of the tooth down to the chamber.
    wall_mm
        From the sides to the chamber.
    enamel_mm
        On the sides and, where the top is whole, on it.
    composite_mm, composite_radius_mm
        A plug of new material in the middle of the top.
    """

    width_mm: float
    depth_mm: float
    crown_mm: float
    root_mm: float
    ceiling_mm: float
    chamber_mm: float
    wall_mm: float
    enamel_mm: float
    whole_top: bool = False
    composite_mm: float = 0.0
    composite_radius_mm: float = 0.0

    def voxels(self, step_mm: float) -> ToothVoxels:
        """Return the tooth on a grid, its axes those of the grid."""
        tall = self.root_mm + self.crown_mm + self.composite_mm
        shape = [round(v / step_mm) + 2 * PAD for v in (self.width_mm, self.depth_mm, tall)]
        grid = VoxelGrid((0.0, 0.0, 0.0), step_mm, (shape[0], shape[1], shape[2]))
        x, y, z = ((np.arange(n) - PAD + 0.5) * step_mm for n in shape)
        top_mm = self.root_mm + self.crown_mm
        beside = np.minimum(np.minimum(x, self.width_mm - x)[:, None], np.minimum(y, self.depth_mm - y)[None, :])
        beside_mm, below_mm = beside[:, :, None], (top_mm - z)[None, None, :]
        from_axis = np.hypot(x[:, None, None] - self.width_mm / 2, y[None, :, None] - self.depth_mm / 2)
        plug = (below_mm < 0) & (from_axis < self.composite_radius_mm) & (z < tall)
        body = ((beside_mm > 0) & (z > 0) & (below_mm > 0)) | plug
        tissue = np.where(body, Tissue.DENTINE, Tissue.OUTSIDE).astype(np.int8)
        shell = beside_mm < self.enamel_mm
        if self.whole_top:
            shell = shell | (below_mm < self.enamel_mm)
        tissue[body & shell & (z > self.root_mm)] = Tissue.ENAMEL
        chamber = (beside_mm > self.wall_mm) & (below_mm > self.ceiling_mm)
        tissue[body & chamber & (below_mm < self.ceiling_mm + self.chamber_mm)] = Tissue.PULP
        tissue[plug] = Tissue.NEW
        middle = np.array(
            [(shape[0] - 1) / 2, (shape[1] - 1) / 2, np.searchsorted(z, self.root_mm + self.crown_mm / 2)]
        )
        return ToothVoxels(
            grid=grid,
            tissue=tissue,
            layer=np.where(tissue == Tissue.NEW, 0, -1).astype(np.int16),
            body_centre=middle.astype(np.float64),
            neck_index=int(np.searchsorted(z, self.root_mm)),
            from_patient=np.eye(4),
            remaining_dentine_mm=self.ceiling_mm,
        )


def lamp_rise_c(
    tooth: ToothVoxels, model: Model, *, seconds: float, irradiance_mw_cm2: float, towards: tuple[float, float, float]
) -> float:
    """Return the highest rise in the chamber from one exposure, by the code that simulates a visit."""
    layer = Layer(
        index=0,
        start_s=0.0,
        dwell_s=0.0,
        cure_s=seconds,
        voxels=int((tooth.layer == 0).sum()),
        dose_units=0,
        material="composite",
        irradiance_mw_cm2=irradiance_mw_cm2,
        thermal_allowance_c=0.0,
    )
    plan = ToothProgramme(
        fdi=16,
        origin_mm=(0.0, 0.0, 0.0),
        voxel_mm=tooth.grid.step_mm,
        dose_per_voxel=0,
        total_dose=0,
        layers=(layer,),
        build_axis=towards,
    )
    return max(simulate_heat(tooth, plan, load_profile("demonstrated"), model, tail_s=seconds).trace.rise_c)


def spray_share(tooth: ToothVoxels, model: Model, *, seconds: float) -> float:
    """Return how far the chamber's ceiling follows a spray on the crown, 0 to 1; the root is held in nothing."""
    body = tooth.tissue != Tissue.OUTSIDE
    k = np.array([0.0, model["enamel_k"], model["dentine_k"], model["pulp_k"]])
    rho_c = np.array([1.0, model["enamel_rho_c"], model["dentine_rho_c"], model["pulp_rho_c"]])
    wet = np.arange(body.shape[2]) >= tooth.neck_index
    film = face_shares(body) * np.where(wet, model["spray_film_w_per_m2_k"], 0.0)
    surroundings = Surroundings(film, np.ones((6, 1, 1, 1)))
    block = heat_block(k[tooth.tissue], rho_c[tooth.tissue], tooth.grid.step_mm / MM_PER_M, surroundings)
    field: NDArray[np.float64] = np.zeros(body.shape)
    none = np.zeros(body.shape)
    steps = round(seconds / SUPER_STEP_S)
    for _ in range(steps):
        field = rkl2_step(block, field, none, seconds / steps)
    pulp = np.argwhere(tooth.tissue == Tissue.PULP)
    ceiling = pulp[pulp[:, 2] == pulp[:, 2].max()]
    return float(field[tuple(ceiling.T)].mean())
