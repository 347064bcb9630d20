"""From a programme to what physics says it will do: heat in the pulp, where the material ends up, how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Settings
from oral_architect.design.document import Design
from oral_architect.errors import StageError
from oral_architect.findings.document import Measure
from oral_architect.programme import Profile, Programme, ToothProgramme, load_profile
from oral_architect.reference import find

from .damage import cem43_min
from .document import Prediction, ToothPrediction
from .model import Model, load_model
from .uncertainty import P95_SD, combined_sd, greatest, one_at_a_time

if TYPE_CHECKING:
    from .deposition import Delivery, Deposit
    from .tissue import ToothVoxels
    from .visit import PulpTrace

UM_PER_MM = 1e3
HALF_SET = 0.5
"""Share of the reaction below which material is said to be under-cured."""


class TwinSettings(Settings):
    """Settings of the twin stage."""

    voxel_mm: float = Field(default=0.2, ge=0.05, le=0.5)
    """Grid of the reported temperatures."""
    coarse_voxel_mm: float = Field(default=0.4, ge=0.1, le=1.0)
    """Grid on which the spread of the result is worked out."""
    tail_s: float = Field(default=60.0, ge=0.0, le=3600.0)
    """How long each tooth is followed after its last layer."""
    agents: int = Field(default=60_000, ge=100, le=10_000_000)
    """Super-agents a tooth's dose is divided among."""
    passes: int = Field(default=16, ge=1, le=100)
    """How often each layer is measured and topped up."""
    replicates: int = Field(default=4, ge=2, le=100)
    """Runs of the deposition with other random numbers."""
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class _Job:
    """One tooth of a programme with all that its prediction needs."""

    landscape: Landscape
    design: Design
    programme: Programme
    plan: ToothProgramme
    profile: Profile
    model: Model
    settings: TwinSettings

    @property
    def voxels(self) -> NDArray[np.int16]:
        return self.programme.arrays[f"voxels_{self.plan.fdi}"]

    @property
    def dose(self) -> NDArray[np.uint16]:
        return self.programme.arrays[f"dose_{self.plan.fdi}"]


@dataclass(frozen=True)
class _Heat:
    trace: PulpTrace
    rise_sd_c: float
    main_causes: tuple[str, ...]
    remaining_dentine_mm: float
    least_conversion: float


def run(landscape: Landscape, design: Design, programme: Programme, settings: TwinSettings | None = None) -> Prediction:
    """Predict what a programme does to each tooth.

    Parameters
    ----------
    landscape, design
        What the programme was made from.

    Returns
    -------
    Prediction
        ``verdict`` of a tooth is ``pass`` when the 95th percentile of the pulp's rise stays within the limit, ``warn``
        when only the mean does, else ``fail``; ``safe`` when no tooth fails.

    Raises
    ------
    StageError
        When a tooth of the programme is not in the landscape or the design.
    """
    from .tissue import tooth_class

    settings = settings or TwinSettings()
    profile = load_profile(programme.profile)
    model = load_model(profile)
    idle = {"light_cure": ("enamel_density",), "crystallisation": ("light_", "kamal_", "composite_")}[profile.reaction]
    teeth: list[ToothPrediction] = []
    arrays: dict[str, NDArray[np.generic]] = {}
    warnings: list[str] = []
    for plan in programme.teeth:
        _require(landscape, design, plan)
        others = (f"pulp_ceiling_{c}" for c in ("anterior", "posterior", "primary") if c != tooth_class(plan.fdi))
        job = _Job(landscape, design, programme, plan, profile, model.without(*idle, *others), settings)
        heat = _heat(job)
        prediction = _predict(job, heat)
        teeth.append(prediction)
        arrays[f"pulp_{plan.fdi}"] = np.column_stack([heat.trace.time_s, heat.trace.peak_c]).astype(np.float32)
        warnings += _warnings(prediction, heat, profile)
    return Prediction(
        teeth=tuple(teeth),
        rate_gap=programme.rate_gap,
        rate_gap_text=programme.rate_gap_text,
        safe=all(t.verdict != "fail" for t in teeth),
        warnings=tuple(warnings),
        arrays=arrays,
    )


def _require(landscape: Landscape, design: Design, plan: ToothProgramme) -> None:
    if f"crown_{plan.fdi}" not in landscape.shapes or f"restoration_{plan.fdi}" not in design.shapes:
        raise StageError(
            "the programme names a tooth that is not in the landscape and design given with it",
            where=f"tooth {plan.fdi}",
            todo="Run the programme stage again on this case.",
        )


def _heat(job: _Job) -> _Heat:
    from .tissue import tooth_voxels
    from .visit import simulate_heat

    body = job.design.shapes[f"restoration_{job.plan.fdi}"]

    def build(moved: Model, voxel_mm: float) -> ToothVoxels:
        return tooth_voxels(job.landscape, body, job.programme, job.plan, model=moved, voxel_mm=voxel_mm)

    def peak_rise(moved: Model) -> float:
        coarse = build(moved, job.settings.coarse_voxel_mm)
        return max(simulate_heat(coarse, job.plan, job.profile, moved, tail_s=job.settings.tail_s).trace.rise_c)

    tooth = build(job.model, job.settings.voxel_mm)
    visit = simulate_heat(tooth, job.plan, job.profile, job.model, tail_s=job.settings.tail_s)
    coarse_rise_c = peak_rise(job.model)
    effects = one_at_a_time(peak_rise, job.model, base=coarse_rise_c)
    numerical = coarse_rise_c - max(visit.trace.rise_c)
    new = tooth.layer >= 0
    return _Heat(
        trace=visit.trace,
        rise_sd_c=combined_sd(effects, numerical=numerical),
        main_causes=greatest(effects),
        remaining_dentine_mm=tooth.remaining_dentine_mm,
        least_conversion=float(visit.conversion[new].min()) if new.any() else 1.0,
    )


def _predict(job: _Job, heat: _Heat) -> ToothPrediction:
    limit_c = find("clinical_limits", quantity="intrapulpal_dt_limit_c").need("value")
    rise_c, peak_c = max(heat.trace.rise_c), max(heat.trace.peak_c)
    runs = _deposits(job)
    laid = runs[0]
    surfaces = [_surface_rms_um(job, r) for r in runs]
    placement_sd_um = job.profile.spreads.get("placement_sd_mm", 0.0) * UM_PER_MM
    verdict = "pass" if rise_c + P95_SD * heat.rise_sd_c <= limit_c else "warn" if rise_c <= limit_c else "fail"
    return ToothPrediction(
        fdi=job.plan.fdi,
        pulp_peak_c=Measure(value=peak_c, sd=heat.rise_sd_c, unit="°C"),
        pulp_rise_c=Measure(value=rise_c, sd=heat.rise_sd_c, unit="°C"),
        pulp_rise_limit_c=limit_c,
        cem43_min=cem43_min(np.asarray(heat.trace.time_s), np.asarray(heat.trace.peak_c)),
        filled_fraction=laid.deposited / job.plan.total_dose,
        deposited_units=laid.deposited,
        lost_units=laid.lost,
        retrieved_units=laid.retrieved,
        dispensed_units=laid.dispensed,
        surface_rms_um=Measure(
            value=surfaces[0], sd=math.hypot(float(np.std(surfaces, ddof=1)), placement_sd_um), unit="µm"
        ),
        verdict=verdict,
    )


def _deposits(job: _Job) -> list[Deposit]:
    from .approach import approach_from_tooth
    from .deposition import deposit

    layer = job.programme.arrays[f"layer_{job.plan.fdi}"]
    approach = approach_from_tooth(job.voxels, job.plan, job.landscape.crown(job.plan.fdi))
    delivery = _delivery(job)
    return [
        deposit(job.voxels, job.dose, layer, approach, delivery, seed=job.settings.seed + 1_000_003 * r + job.plan.fdi)
        for r in range(job.settings.replicates)
    ]


def _delivery(job: _Job) -> Delivery:
    from .deposition import APPROACH_STEPS, Delivery

    fall_s = job.model["approach_mm"] * UM_PER_MM / job.model["drift_um_per_s"]
    blur_um = math.sqrt(2 * job.profile.value("carrier_diffusion_um2_per_s") * fall_s / APPROACH_STEPS)
    return Delivery(
        payload_units=max(1, round(job.plan.total_dose / job.settings.agents)),
        aim_sd_voxels=job.profile.value("placement_sd_mm") / job.plan.voxel_mm,
        approach_voxels=job.model["approach_mm"] / job.plan.voxel_mm,
        blur_voxels=blur_um / UM_PER_MM / job.plan.voxel_mm,
        capture=job.profile.value("capture_probability"),
        retrieval=job.profile.value("retrieval_probability"),
        passes=job.settings.passes,
    )


def _surface_rms_um(job: _Job, laid: Deposit) -> float:
    """Placement, what the outer voxels lack, and the voxel's own rounding (even over a voxel), in quadrature."""
    from .deposition import surface_deficit_rms_mm

    deficit = surface_deficit_rms_mm(job.voxels, job.dose, laid.filled, job.plan.voxel_mm)
    rounding = job.plan.voxel_mm / math.sqrt(12)
    return UM_PER_MM * math.sqrt(job.profile.value("placement_sd_mm") ** 2 + deficit**2 + rounding**2)


def _warnings(tooth: ToothPrediction, heat: _Heat, profile: Profile) -> list[str]:
    found = []
    if tooth.verdict != "pass":
        high = tooth.pulp_rise_c.value + P95_SD * tooth.pulp_rise_c.sd
        found.append(
            f"Tooth {tooth.fdi}: the pulp may warm by {tooth.pulp_rise_c.value:.1f} °C (95th percentile {high:.1f} °C) "
            f"against a limit of {tooth.pulp_rise_limit_c} °C; most depends on {' and '.join(heat.main_causes)}. "
            "Use less light, thinner layers or longer pauses."
        )
    least = find("clinical_limits", quantity="remaining_dentine_min_mm").need("value")
    if heat.remaining_dentine_mm < least:
        found.append(
            f"Tooth {tooth.fdi}: an estimated {max(heat.remaining_dentine_mm, 0):.1f} mm of dentine is left over the "
            f"pulp, less than {least} mm; the pulp's place is an estimate."
        )
    if profile.reaction == "light_cure" and heat.least_conversion < HALF_SET:
        found.append(
            f"Tooth {tooth.fdi}: some material gets too little light; only {heat.least_conversion:.0%} of its reaction "
            "is done after the last pulse."
        )
    return found
