"""From a design to doses, layers and a timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Settings, vector
from oral_architect.design.document import Design, Restoration
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.reference import find

from .document import Figure, Layer, Programme, Step, ToothProgramme
from .feature import minimum_feature_mm, share_too_thin
from .profile import Profile, load_profile
from .rate_gap import NM_PER_MM, S_PER_H, demonstrated_growth, rate_gap_text, required_growth_nm_per_h
from .timeline import Job, LayerTimes, schedule

if TYPE_CHECKING:
    from oral_architect.geometry.voxels import VoxelGrid

THIN_SHARE_WORTH_SAYING = 0.05
"""Share of a restoration thinner than the smallest feature from which on the plan says so."""

MAX_VOXELS = 40_000_000
"""Voxels of one restoration's box above which the grid is refused: about 1 GB of working memory."""


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


@dataclass(frozen=True)
class _Body:
    """One restoration as voxels, in deposition order."""

    restoration: Restoration
    grid: VoxelGrid
    voxels: NDArray[np.int16]
    dose: NDArray[np.uint16]
    layer: NDArray[np.int16]
    thickness_mm: float
    times: tuple[LayerTimes, ...]
    warnings: tuple[str, ...]


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
    bodies, refused = _voxelise_all(landscape, design, profile, settings)
    warnings += [f"Tooth {fdi} is left out of this programme: {error}" for fdi, error in refused]
    timeline = schedule(profile, [Job(b.restoration.fdi, b.times) for b in bodies])
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
        timeline=timeline,
        session_s=max((s.end_s for s in timeline), default=0.0),
        rate_gap=worst[1] if worst else 0.0,
        rate_gap_text=text,
        warnings=(*warnings, *(w for b in bodies for w in b.warnings)),
        arrays=_arrays(bodies),
    )


def _voxelise_all(
    landscape: Landscape, design: Design, profile: Profile, settings: ProgrammeSettings
) -> tuple[list[_Body], list[tuple[int, StageError]]]:
    """Voxelise every body; one that cannot be built does not harm the others."""
    bodies: list[_Body] = []
    refused: list[tuple[int, StageError]] = []
    for restoration in sorted(design.restorations, key=lambda r: r.fdi):
        if restoration.kind in ("pontic", "bridge"):
            continue
        try:
            bodies.append(_voxelise(landscape, design, restoration, profile, settings))
        except StageError as error:
            refused.append((restoration.fdi, error))
    if refused and not bodies:
        raise refused[0][1]
    return bodies, refused


def _voxelise(
    landscape: Landscape, design: Design, restoration: Restoration, profile: Profile, settings: ProgrammeSettings
) -> _Body:
    from oral_architect.geometry.voxels import body_fractions, grid_around

    from .dose import balance, quantise, serpentine
    from .layers import drop_or_refuse_islands, growth_distance, layer_numbers
    from .support import supported_voxels

    where = f"restoration of tooth {restoration.fdi}"
    body = design.shapes[f"restoration_{restoration.fdi}"]
    grid = grid_around(body.vertices, settings.voxel_mm)
    if int(np.prod(grid.shape)) > MAX_VOXELS:
        raise StageError(f"the body needs {np.prod(grid.shape):,} voxels", where=where, todo="Use larger voxels.")
    fractions = body_fractions(body, grid, samples=settings.samples, where=where)
    solid = fractions > 0
    tooth = _remaining_tooth(landscape, restoration.fdi, where)
    support = supported_voxels(solid, grid, tooth, settings.contact_gap_mm)
    if not support.any():
        raise StageError("the new material touches no tooth", where=where, todo="Check the design's position.")
    distance = growth_distance(solid, support)
    slivers, sliver_mm3, count = drop_or_refuse_islands(fractions, distance, grid, settings.sliver_mm3, where)
    warnings = _body_warnings(restoration.fdi, profile, fractions, settings, slivers=count, sliver_mm3=sliver_mm3)
    kept = solid & ~slivers
    layer = layer_numbers(distance, profile.value("layer_thickness_mm"), settings.voxel_mm)
    voxels = np.argwhere(kept)
    numbers = layer[kept]
    order = serpentine(voxels, numbers)
    total_voxels = (body.volume_mm3 - sliver_mm3) / settings.voxel_mm**3
    exact = balance(fractions[kept][order], total_voxels, where=where)
    dose = quantise(exact, settings.dose_per_voxel, round(total_voxels * settings.dose_per_voxel))
    used = dose > 0
    thickness = float((distance[kept].max() / 10 + 0.5) * settings.voxel_mm)
    ordered, doses = numbers[order][used], dose[used]
    return _Body(
        restoration,
        grid,
        voxels[order][used].astype(np.int16),
        doses,
        ordered,
        thickness,
        _layer_times(profile, settings, ordered, doses),
        warnings,
    )


def _remaining_tooth(landscape: Landscape, fdi: int, where: str) -> Mesh:
    if f"crown_{fdi}" not in landscape.shapes:
        raise StageError("there is no remaining tooth to build on", where=where, todo="Design a pontic instead.")
    return landscape.crown(fdi)


def _layer_times(
    profile: Profile, settings: ProgrammeSettings, layer: NDArray[np.int16], dose: NDArray[np.uint16]
) -> tuple[LayerTimes, ...]:
    doses = np.bincount(layer, weights=dose)
    volume_mm3 = doses / settings.dose_per_voxel * settings.voxel_mm**3
    return tuple(
        LayerTimes(_deposit_s(profile, float(v)), profile.value("cure_s"), profile.value("cool_s")) for v in volume_mm3
    )


def _deposit_s(profile: Profile, volume_mm3: float) -> float:
    if profile.law == "per_layer":
        return profile.value("deposit_s_per_layer")
    if profile.law == "volume_rate":
        return volume_mm3 / profile.value("deposit_mm3_per_s")
    rate_nm_per_h = demonstrated_growth().value * profile.value("growth_multiplier")
    return profile.value("layer_thickness_mm") * NM_PER_MM / rate_nm_per_h * S_PER_H


def _body_warnings(
    fdi: int,
    profile: Profile,
    fractions: NDArray[np.float64],
    settings: ProgrammeSettings,
    *,
    slivers: int,
    sliver_mm3: float,
) -> tuple[str, ...]:
    found = []
    if slivers:
        found.append(f"Tooth {fdi}: {slivers} loose slivers, {sliver_mm3:.3f} mm³ together, are left out.")
    feature = minimum_feature_mm(profile, _gate_s(profile))
    thin = share_too_thin(fractions, settings.voxel_mm, feature)
    if thin > THIN_SHARE_WORTH_SAYING:
        found.append(
            f"Tooth {fdi}: {thin:.0%} of the volume is thinner than {feature:.2f} mm, the smallest feature of profile "
            f"{profile.name}; its edges will be rounded."
        )
    return tuple(found)


def _gate_s(profile: Profile) -> float:
    """How long the gate of a layer is open: its cure, or its growth where nothing is cured."""
    cure_s = profile.value("cure_s")
    return cure_s if cure_s > 0 else _deposit_s(profile, 0.0)


def _tooth(body: _Body, profile: Profile, settings: ProgrammeSettings, timeline: tuple[Step, ...]) -> ToothProgramme:
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


def _gap(body: _Body) -> tuple[float, float]:
    """Rate gap of one tooth and the time its material is laid in, s."""
    deposition_s = sum(t.deposit_s + t.cure_s for t in body.times)
    return required_growth_nm_per_h(body.thickness_mm, deposition_s) / demonstrated_growth().value, deposition_s


def _figures(profile: Profile, bodies: list[_Body]) -> dict[str, Figure]:
    figures = dict(sorted(profile.figures.items()))
    figures["demonstrated_growth_nm_per_h"] = demonstrated_growth()
    figures["minimum_feature_mm"] = Figure(
        value=minimum_feature_mm(profile, _gate_s(profile)),
        unit="mm",
        source="the larger of mask_mm and sqrt(2 D t), D = carrier_diffusion_um2_per_s, t = time the gate is open",
        standing="computed",
    )
    return figures


def _arrays(bodies: list[_Body]) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {}
    for body in bodies:
        fdi = body.restoration.fdi
        arrays[f"voxels_{fdi}"] = body.voxels
        arrays[f"dose_{fdi}"] = body.dose
        arrays[f"layer_{fdi}"] = body.layer
    return arrays
