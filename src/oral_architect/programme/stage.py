"""From a design to a programme: every body through the passes, then all on one timeline, each step in its envelope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Settings, vector
from oral_architect.design.document import Design
from oral_architect.errors import StageError
from oral_architect.reference import find

from .body import Body, compiled, gate_s
from .document import Figure, Layer, Programme, Step, ToothProgramme
from .envelope import Reach, enveloped
from .feature import minimum_feature_mm
from .profile import Profile, load_profile
from .rate_gap import demonstrated_growth, rate_gap_text, required_growth_nm_per_h
from .timeline import Job, schedule


class ProgrammeSettings(Settings):
    """Settings of the programme stage."""

    profile: str = "demonstrated"
    voxel_mm: float = Field(default=0.1, gt=0.01, le=1.0)
    dose_per_voxel: int = Field(default=255, ge=1, le=65535)
    """Dose units of a full voxel."""
    samples: int = Field(default=3, ge=1, le=8)
    """Sample lines per voxel edge when volume is measured."""
    contact_gap_mm: float = Field(default=0.1, ge=0.0, le=1.0)
    """Bond or cement space across which the tooth still carries material."""
    sliver_mm3: float = Field(default=0.02, ge=0.0, le=1.0)
    """Loose parts up to this volume are left out with a warning; larger ones are refused."""


def run(landscape: Landscape, design: Design, settings: ProgrammeSettings | None = None) -> Programme:
    """Turn every restoration of a design into integer voxel doses in support-first layers, and lay them on a timeline.

    Parameters
    ----------
    landscape
        The remaining teeth that carry the material.
    design
        Restorations with their closed bodies; may be empty.

    Returns
    -------
    Programme
        A pontic is not built in the mouth: it is left out and named in the warnings.

    Raises
    ------
    SettingsError
        When the profile does not exist.
    StageError
        When every body is refused: open, inside out, or with a part that nothing carries. One that is refused among
        others is left out and named in the warnings.
    """
    settings = settings or ProgrammeSettings()
    profile = load_profile(settings.profile)
    warnings = [
        f"Tooth {r.fdi}: a {r.kind} has no tooth to grow on; it is made outside the mouth and is not in this programme."
        for r in design.restorations
        if r.kind in ("pontic", "bridge")
    ]
    bodies, refused = _compile_all(landscape, design, profile, settings)
    warnings += [f"Tooth {fdi} is left out of this programme: {error}" for fdi, error in refused]
    cuts = {b.restoration.fdi: b.removal for b in bodies if b.removal is not None}
    rate_mm3_per_s = profile.value("removal_mm3_per_s")
    timeline = schedule(profile, [_job(b, rate_mm3_per_s) for b in bodies])
    teeth = tuple(_tooth(b, profile, settings, timeline) for b in bodies)
    gaps = [(b, *_gap(b)) for b in bodies]
    worst = max(gaps, key=lambda g: g[1], default=None)
    text = rate_gap_text(
        profile,
        fdi=worst[0].restoration.fdi if worst else None,
        thickness_mm=worst[0].thickness_mm if worst else 0.0,
        deposition_s=worst[2] if worst else 0.0,
        ratio=worst[1] if worst else 0.0,
    )
    return Programme(
        profile=profile.name,
        profile_title=profile.title,
        figures=_figures(profile, bodies),
        teeth=teeth,
        timeline=enveloped(timeline, {t.fdi: t for t in teeth}, _reach(bodies), profile),
        removals=tuple(cut.record for cut in cuts.values()),
        passes=tuple(note for body in bodies for note in body.notes),
        session_s=max((s.end_s for s in timeline), default=0.0),
        rate_gap=worst[1] if worst else 0.0,
        rate_gap_text=text,
        warnings=(*warnings, *(w for b in bodies for w in b.warnings)),
        arrays=_arrays(bodies),
    )


def _compile_all(
    landscape: Landscape, design: Design, profile: Profile, settings: ProgrammeSettings
) -> tuple[list[Body], list[tuple[int, StageError]]]:
    """Compile every body; one that cannot be built does not harm the others."""
    bodies: list[Body] = []
    refused: list[tuple[int, StageError]] = []
    for restoration in sorted(design.restorations, key=lambda r: r.fdi):
        if restoration.kind in ("pontic", "bridge"):
            continue
        try:
            bodies.append(compiled(landscape, design, restoration, profile, settings))
        except StageError as error:
            refused.append((restoration.fdi, error))
    if refused and not bodies:
        raise refused[0][1]
    return bodies, refused


def _tooth(body: Body, profile: Profile, settings: ProgrammeSettings, timeline: tuple[Step, ...]) -> ToothProgramme:
    fdi = body.restoration.fdi
    starts = [s.start_s for s in timeline if s.fdi == fdi and s.phase == "deposit"]
    limit_c = find("clinical_limits", quantity="intrapulpal_dt_limit_c").need("value")
    allowance_c = limit_c * (1 - profile.value("heat_reserve_share"))
    doses = np.bincount(body.layer, weights=body.dose).astype(np.int64)
    counts = np.bincount(body.layer)
    layers = tuple(
        Layer(
            index=k,
            start_s=starts[k],
            dwell_s=times.deposit_s,
            cure_s=times.cure_s,
            voxels=int(counts[k]),
            dose_units=int(doses[k]),
            material=profile.material,
            irradiance_mw_cm2=profile.value("irradiance_mw_cm2"),
            thermal_allowance_c=allowance_c,
        )
        for k, times in enumerate(body.times)
    )
    return ToothProgramme(
        fdi=fdi,
        origin_mm=vector(np.asarray(body.grid.origin_mm)),
        voxel_mm=settings.voxel_mm,
        dose_per_voxel=settings.dose_per_voxel,
        total_dose=int(doses.sum()),
        layers=layers,
        build_axis=body.restoration.insertion_axis,
    )


def _gap(body: Body) -> tuple[float, float]:
    """Rate gap of one tooth and the time its material is laid in, s."""
    deposition_s = sum(t.deposit_s + t.cure_s for t in body.times)
    return required_growth_nm_per_h(body.thickness_mm, deposition_s) / demonstrated_growth().value, deposition_s


def _figures(profile: Profile, bodies: list[Body]) -> dict[str, Figure]:
    figures = dict(sorted(profile.figures.items()))
    figures["demonstrated_growth_nm_per_h"] = demonstrated_growth()
    figures["minimum_feature_mm"] = Figure(
        value=minimum_feature_mm(profile, gate_s(profile)),
        unit="mm",
        source="the larger of mask_mm and sqrt(2 D t), D = carrier_diffusion_um2_per_s, t = time the gate is open",
        standing="computed",
    )
    return figures


def _job(body: Body, removal_mm3_per_s: float) -> Job:
    removal_s = body.removal.record.volume_mm3 / removal_mm3_per_s if body.removal is not None else 0.0
    return Job(body.restoration.fdi, body.times, removal_s)


def _reach(bodies: list[Body]) -> dict[int, Reach]:
    return {body.restoration.fdi: Reach(body.grid.centres(body.voxels), body.layer) for body in bodies}


def _arrays(bodies: list[Body]) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {}
    for body in bodies:
        fdi = body.restoration.fdi
        arrays[f"voxels_{fdi}"] = body.voxels
        arrays[f"dose_{fdi}"] = body.dose
        arrays[f"layer_{fdi}"] = body.layer
        if body.removal is not None:
            arrays[f"removal_{fdi}"] = body.removal.voxels
            arrays[f"removal_share_{fdi}"] = body.removal.amount
    return arrays
