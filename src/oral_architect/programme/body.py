"""One restoration through the passes: sampled, carried, cut free, layered, put in order, dosed, timed.

Each pass lives in its own file; this one only hands from one to the next and keeps what each found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.design.document import Design, Restoration
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh

from .document import PassNote
from .feature import minimum_feature_mm, share_too_thin
from .profile import Profile
from .rate_gap import NM_PER_MM, S_PER_H, demonstrated_growth
from .timeline import LayerTimes

if TYPE_CHECKING:
    from oral_architect.geometry.voxels import VoxelGrid

    from .removal import Cut
    from .stage import ProgrammeSettings

THIN_SHARE_WORTH_SAYING = 0.05
"""Share of a restoration thinner than the smallest feature from which on the plan says so."""

MAX_VOXELS = 40_000_000
"""Voxels of one restoration's box above which the grid is refused: about 1 GB of working memory."""


@dataclass(frozen=True)
class Body:
    """One restoration as voxels, in deposition order."""

    restoration: Restoration
    grid: VoxelGrid
    voxels: NDArray[np.int16]
    dose: NDArray[np.uint16]
    layer: NDArray[np.int16]
    thickness_mm: float
    times: tuple[LayerTimes, ...]
    removal: Cut | None
    warnings: tuple[str, ...]
    notes: tuple[PassNote, ...]


def compiled(
    landscape: Landscape, design: Design, restoration: Restoration, profile: Profile, settings: ProgrammeSettings
) -> Body:
    """Carry one restoration through the passes.

    Raises
    ------
    StageError
        When it is open or inside out, too large for the grid, off the tooth, has a part nothing carries, or would take
        away what must stay over the pulp.
    """
    from oral_architect.geometry.voxels import body_fractions, grid_around

    from .block import tooth_block
    from .dose import balance, quantise, serpentine
    from .layers import FACE_STEP, drop_or_refuse_islands, growth_distance, layer_numbers
    from .removal import removal
    from .support import supported_voxels

    fdi, step = restoration.fdi, settings.voxel_mm
    where = f"restoration of tooth {fdi}"
    notes: list[PassNote] = []

    def note(name: str, **figures: float) -> None:
        notes.append(PassNote(name=name, fdi=fdi, figures={key: float(value) for key, value in figures.items()}))

    body = design.shapes[f"restoration_{fdi}"]
    grid = grid_around(body.vertices, step)
    if int(np.prod(grid.shape)) > MAX_VOXELS:
        raise StageError(f"the body needs {np.prod(grid.shape):,} voxels", where=where, todo="Use larger voxels.")
    fractions = body_fractions(body, grid, samples=settings.samples, where=where)
    solid = fractions > 0
    note("sample", voxels=solid.sum(), volume_mm3=fractions.sum() * step**3, body_mm3=body.volume_mm3)

    tooth = _remaining_tooth(landscape, fdi, where)
    support = supported_voxels(solid, grid, tooth, settings.contact_gap_mm)
    note("support", voxels=support.sum())
    if not support.any():
        raise StageError("the new material touches no tooth", where=where, todo="Check the design's position.")

    block = tooth_block(landscape.tooth(fdi), tooth, body, voxel_mm=step, where=where)
    cut = removal(block, fdi, sliver_mm3=settings.sliver_mm3)
    note("removal", volume_mm3=cut.record.volume_mm3 if cut is not None else 0.0)

    distance = growth_distance(solid, support)
    slivers, sliver_mm3, count = drop_or_refuse_islands(fractions, distance, grid, settings.sliver_mm3, where)
    note("islands", slivers=count, volume_mm3=sliver_mm3)
    warnings = _body_warnings(fdi, profile, fractions, settings, slivers=count, sliver_mm3=sliver_mm3)

    kept = solid & ~slivers
    numbers = layer_numbers(distance, profile.value("layer_thickness_mm"), step)[kept]
    voxels = np.argwhere(kept)
    order = serpentine(voxels, numbers)
    thickness = float((distance[kept].max() / FACE_STEP + 0.5) * step)
    note("layers", layers=numbers.max() + 1, thickness_mm=thickness)

    total_voxels = (body.volume_mm3 - sliver_mm3) / step**3
    exact = balance(fractions[kept][order], total_voxels, where=where)
    dose = quantise(exact, settings.dose_per_voxel, round(total_voxels * settings.dose_per_voxel))
    used = dose > 0
    note("doses", units=dose.sum(), voxels=used.sum(), wanted_units=total_voxels * settings.dose_per_voxel)

    ordered, doses = numbers[order][used], dose[used]
    times = _layer_times(profile, settings, ordered, doses)
    note("times", deposit_s=sum(t.deposit_s for t in times), cure_s=sum(t.cure_s for t in times))
    return Body(
        restoration,
        grid,
        voxels[order][used].astype(np.int16),
        doses,
        ordered,
        thickness,
        times,
        cut,
        warnings,
        tuple(notes),
    )


def gate_s(profile: Profile) -> float:
    """How long the gate of a layer is open: its cure, or its growth where nothing is cured."""
    cure_s = profile.value("cure_s")
    return cure_s if cure_s > 0 else _deposit_s(profile, 0.0)


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
    feature = minimum_feature_mm(profile, gate_s(profile))
    thin = share_too_thin(fractions, settings.voxel_mm, feature)
    if thin > THIN_SHARE_WORTH_SAYING:
        found.append(
            f"Tooth {fdi}: {thin:.0%} of the volume is thinner than {feature:.2f} mm, the smallest feature of profile "
            f"{profile.name}; its edges will be rounded."
        )
    return tuple(found)
