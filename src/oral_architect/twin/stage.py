"""From a programme to what physics says it will do: heat in the pulp, where the material ends up, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

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

from .document import Prediction, ToothPrediction
from .model import Model, load_model
from .outcome import UNITS, Heat, Job, asked_growth_um_per_h, heat, laid_figures, lay, way_in
from .uncertainty import HIGH_PERCENT, LOW_PERCENT, greatest, ranges, stratified_scores, vary

GRID = "grid"
"""Name under which the grid's own error is drawn, beside the figures."""
SEEDS_APART = 1_000_003
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
    samples: int = Field(default=24, ge=4, le=10_000)
    """Runs with other figures and other random numbers that give the ranges."""
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class _Trials:
    """The runs with other figures."""

    heats: list[Heat]
    outcomes: list[dict[str, float]]
    main_causes: tuple[str, ...]

    def sd(self, name: str) -> float:
        return float(np.std([o[name] for o in self.outcomes], ddof=1))


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
        when only the best estimate does, else ``fail``; ``safe`` when no tooth fails.

    Raises
    ------
    StageError
        When a tooth of the programme is not in the landscape or the design.
    """
    from oral_architect.programme.pulp import tooth_class

    settings = settings or TwinSettings()
    profile = load_profile(programme.profile)
    model = load_model(profile)
    idle = {
        "light_cure": ("enamel_density", "saliva_", "precursor_", "ion_"),
        "crystallisation": ("light_", "kamal_", "composite_"),
    }[profile.reaction]
    teeth: list[ToothPrediction] = []
    arrays: dict[str, NDArray[np.generic]] = {}
    warnings: list[str] = []
    for plan in programme.teeth:
        _require(landscape, design, plan)
        others = (f"pulp_ceiling_{c}" for c in ("anterior", "posterior", "primary") if c != tooth_class(plan.fdi))
        job = Job(landscape, design, programme, plan, profile)
        tooth, own_arrays, own_warnings = _predict(job, model.without(*idle, *others), settings)
        teeth.append(tooth)
        arrays |= own_arrays
        warnings += own_warnings
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


def _predict(
    job: Job, model: Model, settings: TwinSettings
) -> tuple[ToothPrediction, dict[str, NDArray[np.generic]], list[str]]:
    """One tooth: the best estimate on the fine grid, its ranges from runs on the coarse one."""
    seed = settings.seed + job.plan.fdi
    approach = way_in(job)
    best = heat(job, model, voxel_mm=settings.voxel_mm, tail_s=settings.tail_s)
    laid = lay(job, model, approach, agents=settings.agents, passes=settings.passes, seed=seed)
    found = best.figures() | laid_figures(job, model, laid)
    trials = _trials(job, model, settings, best)
    limit_c = find("clinical_limits", quantity="intrapulpal_dt_limit_c").need("value")
    spread = ranges(trials.outcomes, UNITS)
    rise_c = found["pulp_rise_c"]
    tooth = ToothPrediction(
        fdi=job.plan.fdi,
        pulp_peak_c=Measure(value=found["pulp_peak_c"], sd=trials.sd("pulp_peak_c"), unit="°C"),
        pulp_rise_c=Measure(value=rise_c, sd=trials.sd("pulp_rise_c"), unit="°C"),
        pulp_rise_limit_c=limit_c,
        cem43_min=found["cem43_min"],
        filled_fraction=found["filled_fraction"],
        deposited_units=laid.deposited,
        lost_units=laid.lost,
        retrieved_units=laid.retrieved,
        dispensed_units=laid.dispensed,
        surface_rms_um=Measure(value=found["surface_rms_um"], sd=trials.sd("surface_rms_um"), unit="µm"),
        verdict="pass" if spread["pulp_rise_c"].p95 <= limit_c else "warn" if rise_c <= limit_c else "fail",
        ranges=spread,
    )
    arrays: dict[str, NDArray[np.generic]] = {
        f"pulp_{job.plan.fdi}": np.column_stack([best.time_s, best.peak_c]).astype(np.float32),
        f"pulp_range_{job.plan.fdi}": _trace_range(best.time_s, trials.heats).astype(np.float32),
        f"filled_{job.plan.fdi}": laid.filled.astype(np.uint16),
    }
    return tooth, arrays, _warnings(job, tooth, found, trials.main_causes)


def _trials(job: Job, model: Model, settings: TwinSettings, best: Heat) -> _Trials:
    """Runs with figures drawn from their spreads; the grid's own error is drawn as one more."""
    approach, seed = way_in(job), settings.seed + job.plan.fdi
    coarse = heat(job, model, voxel_mm=settings.coarse_voxel_mm, tail_s=settings.tail_s)
    names = model.uncertain
    scores = stratified_scores((*names, GRID), settings.samples, seed)
    heats, outcomes = [], []
    for n, score in enumerate(scores):
        moved = vary(model, names, score[:-1])
        warm = heat(job, moved, voxel_mm=settings.coarse_voxel_mm, tail_s=settings.tail_s)
        # the coarse grid's known error is taken off; as much again, either way, is what the fine one may still have
        warm = warm.corrected(best, coarse, 1.0 + float(score[-1]))
        own_seed = seed + SEEDS_APART * (n + 1)
        laid = lay(job, moved, approach, agents=settings.agents, passes=settings.passes, seed=own_seed)
        heats.append(warm)
        outcomes.append(warm.figures() | laid_figures(job, moved, laid))
    rises = np.array([o["pulp_rise_c"] for o in outcomes])
    return _Trials(heats, outcomes, greatest((*names, GRID), scores, rises))


def _trace_range(time_s: NDArray[np.float64], heats: list[Heat]) -> NDArray[np.float64]:
    """5th and 95th percentile of the pulp's highest temperature at each time, ``(k, 2)``."""
    traces = np.stack([np.interp(time_s, h.time_s, h.peak_c) for h in heats])
    return np.asarray(np.percentile(traces, [LOW_PERCENT, HIGH_PERCENT], axis=0).T)


def _warnings(job: Job, tooth: ToothPrediction, found: dict[str, float], causes: tuple[str, ...]) -> list[str]:
    profile: Profile = job.profile
    said = []
    if tooth.verdict != "pass":
        said.append(
            f"Tooth {tooth.fdi}: the pulp may warm by {tooth.pulp_rise_c.value:.1f} °C (95th percentile "
            f"{tooth.ranges['pulp_rise_c'].p95:.1f} °C) against a limit of {tooth.pulp_rise_limit_c} °C; most depends "
            f"on {' and '.join(causes)}. Use less light, thinner layers or longer pauses."
        )
    least = find("clinical_limits", quantity="remaining_dentine_min_mm").need("value")
    left = found["remaining_dentine_mm"]
    if left < least:
        said.append(
            f"Tooth {tooth.fdi}: an estimated {max(left, 0):.1f} mm of dentine is left over the pulp, less than "
            f"{least} mm; the pulp's place is an estimate."
        )
    if profile.reaction == "light_cure" and found["least_conversion"] < HALF_SET:
        said.append(
            f"Tooth {tooth.fdi}: some material gets too little light; only {found['least_conversion']:.0%} of its "
            "reaction is done after the last pulse."
        )
    if profile.reaction == "crystallisation" and job.plan.layers:
        asked = asked_growth_um_per_h(job.plan, profile.value("layer_thickness_mm"))
        most = tooth.ranges["growth_ceiling_um_per_h"].p95
        if asked > most:
            said.append(
                f"Tooth {tooth.fdi}: layers are to grow {asked:.0f} µm/h, but calcium carried in solution through a "
                f"film of saliva can build {most:.0f} µm/h at most; the film must be kept thinner or the mineral be "
                "carried solid."
            )
    return said
