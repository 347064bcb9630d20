"""What one set of figures makes of one tooth's programme: its heat, its deposit, its surface, its growth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.design.document import Design
from oral_architect.programme import Profile, Programme, ToothProgramme

from .damage import cem43_min
from .mineral import Solution, film_flux_mol_m2_s, growth_m_per_s
from .model import Model

if TYPE_CHECKING:
    from .deposition import Approach, Deposit

UM_PER_MM = 1e3
MM_PER_M = 1e3
UM_PER_M = 1e6
S_PER_H = 3600.0

UNITS = {
    "pulp_peak_c": "°C",
    "pulp_rise_c": "°C",
    "cem43_min": "min",
    "remaining_dentine_mm": "mm",
    "least_conversion": "1",
    "filled_fraction": "1",
    "deposited_units": "1",
    "lost_units": "1",
    "retrieved_units": "1",
    "dispensed_units": "1",
    "surface_rms_um": "µm",
    "growth_ceiling_um_per_h": "µm/h",
}
"""Unit of each figure of an outcome."""


@dataclass(frozen=True)
class Job:
    """One tooth of a programme with all that its prediction needs."""

    landscape: Landscape
    design: Design
    programme: Programme
    plan: ToothProgramme
    profile: Profile

    @property
    def voxels(self) -> NDArray[np.int16]:
        """Of the programme, ``(n, 3)``."""
        return self.programme.arrays[f"voxels_{self.plan.fdi}"]

    @property
    def dose(self) -> NDArray[np.uint16]:
        """Of the programme, ``(n,)``."""
        return self.programme.arrays[f"dose_{self.plan.fdi}"]

    @property
    def layer(self) -> NDArray[np.int16]:
        """Of the programme, ``(n,)``."""
        return self.programme.arrays[f"layer_{self.plan.fdi}"]


@dataclass(frozen=True)
class Heat:
    """What the heat came to.

    Parameters
    ----------
    time_s, peak_c, rise_c
        ``(k,) float``: highest pulp temperature, and highest rise of a place in the pulp above its own rest.
    """

    time_s: NDArray[np.float64]
    peak_c: NDArray[np.float64]
    rise_c: NDArray[np.float64]
    remaining_dentine_mm: float
    least_conversion: float

    def corrected(self, fine: Heat, coarse: Heat, by: float) -> Heat:
        """Return this heat from a coarse grid, moved by ``by`` times what a fine grid says differently."""

        def moved(own: NDArray[np.float64], there: NDArray[np.float64], here: NDArray[np.float64]) -> float:
            return float(own.max() + by * (there.max() - here.max()))

        peak = moved(self.peak_c, fine.peak_c, coarse.peak_c) - self.peak_c.max()
        rise = moved(self.rise_c, fine.rise_c, coarse.rise_c) - self.rise_c.max()
        dentine = fine.remaining_dentine_mm - coarse.remaining_dentine_mm
        return Heat(
            time_s=self.time_s,
            peak_c=self.peak_c + peak,
            rise_c=np.maximum(self.rise_c + rise, 0.0),
            remaining_dentine_mm=self.remaining_dentine_mm + (by * dentine if math.isfinite(dentine) else 0.0),
            least_conversion=float(
                np.clip(self.least_conversion + by * (fine.least_conversion - coarse.least_conversion), 0.0, 1.0)
            ),
        )

    def figures(self) -> dict[str, float]:
        """Return its figures by name."""
        return {
            "pulp_peak_c": float(self.peak_c.max()),
            "pulp_rise_c": float(self.rise_c.max()),
            "cem43_min": cem43_min(self.time_s, self.peak_c),
            "remaining_dentine_mm": self.remaining_dentine_mm,
            "least_conversion": self.least_conversion,
        }


def heat(job: Job, model: Model, *, voxel_mm: float, tail_s: float) -> Heat:
    """Simulate the heat of the visit in one tooth."""
    from .tissue import tooth_voxels
    from .visit import simulate_heat

    body = job.design.shapes[f"restoration_{job.plan.fdi}"]
    tooth = tooth_voxels(job.landscape, body, job.programme, job.plan, model=model, voxel_mm=voxel_mm)
    visit = simulate_heat(tooth, job.plan, job.profile, model, tail_s=tail_s)
    new = tooth.layer >= 0
    return Heat(
        time_s=np.asarray(visit.trace.time_s),
        peak_c=np.asarray(visit.trace.peak_c),
        rise_c=np.asarray(visit.trace.rise_c),
        remaining_dentine_mm=tooth.remaining_dentine_mm,
        least_conversion=float(visit.conversion[new].min()) if new.any() else 1.0,
    )


def way_in(job: Job) -> Approach:
    """Return from where material reaches the voxels of a tooth; the same for all figures."""
    from .approach import approach_from_tooth

    return approach_from_tooth(job.voxels, job.plan, job.landscape.crown(job.plan.fdi))


def lay(job: Job, model: Model, approach: Approach, *, agents: int, passes: int, seed: int) -> Deposit:
    """Lay the doses of a tooth, every unit accounted for."""
    from .deposition import APPROACH_STEPS, Delivery, deposit

    plan = job.plan
    fall_s = model["approach_mm"] * UM_PER_MM / model["drift_um_per_s"]
    blur_um = math.sqrt(2 * job.profile.value("carrier_diffusion_um2_per_s") * fall_s / APPROACH_STEPS)
    delivery = Delivery(
        payload_units=max(1, round(plan.total_dose / agents)),
        aim_sd_voxels=model["placement_sd_mm"] / plan.voxel_mm,
        approach_voxels=model["approach_mm"] / plan.voxel_mm,
        blur_voxels=blur_um / UM_PER_MM / plan.voxel_mm,
        capture=job.profile.value("capture_probability"),
        retrieval=job.profile.value("retrieval_probability"),
        passes=passes,
    )
    return deposit(job.voxels, job.dose, job.layer, approach, delivery, seed=seed)


def laid_figures(job: Job, model: Model, laid: Deposit) -> dict[str, float]:
    """Return the figures of a deposit by name, with the ceiling that ions through saliva set to grown mineral."""
    found = {
        "filled_fraction": laid.deposited / job.plan.total_dose,
        "deposited_units": laid.deposited,
        "lost_units": laid.lost,
        "retrieved_units": laid.retrieved,
        "dispensed_units": laid.dispensed,
        "surface_rms_um": _surface_rms_um(job, model, laid),
    }
    if job.profile.reaction == "crystallisation":
        found["growth_ceiling_um_per_h"] = growth_ceiling_um_per_h(model)
    return found


def growth_ceiling_um_per_h(model: Model) -> float:
    """Return how fast mineral can grow at most when its calcium comes from carried precursor through a saliva film.

    The film formula with an endless appetite of the surface and nothing dissolving: no chemistry can do better.
    """
    carried = Solution(model["precursor_calcium_mol_m3"], 0.0, model["ion_diffusion_m2_per_s"])
    flux = film_flux_mol_m2_s(carried, model["saliva_film_mm"] / MM_PER_M)
    return growth_m_per_s(flux, model["mineral_calcium_mol_m3"]) * UM_PER_M * S_PER_H


def asked_growth_um_per_h(plan: ToothProgramme, layer_thickness_mm: float) -> float:
    """Return the fastest growth a programme asks of a layer."""
    return layer_thickness_mm * UM_PER_MM * S_PER_H / min(layer.dwell_s for layer in plan.layers)


def _surface_rms_um(job: Job, model: Model, laid: Deposit) -> float:
    """Placement, what the outer voxels lack, and the voxel's own rounding (even over a voxel), in quadrature."""
    from .deposition import surface_deficit_rms_mm

    deficit = surface_deficit_rms_mm(job.voxels, job.dose, laid.filled, job.plan.voxel_mm)
    rounding = job.plan.voxel_mm / math.sqrt(12)
    return UM_PER_MM * math.sqrt(model["placement_sd_mm"] ** 2 + deficit**2 + rounding**2)
