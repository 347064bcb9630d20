"""Find a preparation: from a scan and the crown cut out of it to finish line, die, axis and measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape, Tooth
from oral_architect.errors import SettingsError, StageError
from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.teeth.fdi import jaw_of

from .coarse_search import coarse_line
from .cut_die import die_inside
from .document import Preparation
from .double_margin import second_ridge_share
from .fine_search import FineLine, refined
from .insertion import Insertion, insertion_axis
from .margin_kind import kind_of_margin
from .measures import measure
from .region import Region, region_around
from .ring import counter_clockwise, lengths_mm, resampled, runs
from .room import clearance
from .settings import PreparationSettings
from .undercut import undercut_mm

Floats = NDArray[np.float64]

_PASSES = 3
"""Each pass looks square to the line of the last one."""
_FAR_POINT_MM = 1.0
"""A correction farther than this from the scan is a slip of the hand."""
_SAME_MM = 0.01
_TOLD_UNDERCUT_MM = 0.05
_ROUND_MM = 3.0
"""A finish line shorter than a circle of this diameter is none."""


def find_preparation(
    surface: Mesh,
    crown: Mesh,
    tooth: Tooth,
    *,
    antagonist: Mesh | None = None,
    points: Points | None = None,
    settings: PreparationSettings | None = None,
) -> Preparation:
    """Find finish line, die, insertion axis and measures of a prepared tooth.

    Parameters
    ----------
    surface
        The whole scan of the jaw, patient frame, mm.
    crown
        The tooth's own part of it.
    tooth
        Its number and axes.
    antagonist
        The opposing scan or tooth in bite, mm.
    points
        ``(p, 3) mm``: corrections by a person; the finish line runs through the place of the scan nearest to each.
    settings
        See :class:`PreparationSettings`.

    Raises
    ------
    StageError
        When no closed finish line is seen, when two are, or when the antagonist leaves no room.
    SettingsError
        When a correction does not lie near the tooth.
    """
    chosen = settings or PreparationSettings()
    up = np.asarray(tooth.axes[2], dtype=np.float64)
    up /= np.linalg.norm(up)
    try:
        region = region_around(surface, crown, up, chosen.hole_mm)
        through = _on_scan(region, points)
        fine = _finish_line(region, chosen, through)
        line, sure = _spaced(region, fine, chosen, through)
        _refuse_poor(region, line, sure, chosen, corrected=through is not None)
        scanned = _scanned(region)
        die = die_inside(scanned, line, up)
    except (StageError, SettingsError) as problem:
        raise type(problem)(
            f"tooth {tooth.fdi}: {problem.what}", where="design: preparation", todo=problem.todo
        ) from problem
    insertion = insertion_axis(die, line, up, around=_around(region, line, up), tilt_deg=chosen.tilt_deg)
    return _described(tooth, region, line, sure, die, insertion, antagonist, chosen)


def prepared_tooth(
    landscape: Landscape,
    fdi: int,
    *,
    points: Points | None = None,
    settings: PreparationSettings | None = None,
) -> Preparation:
    """Find the preparation of one tooth of a mouth.

    Raises
    ------
    SettingsError
        When the tooth is not there.
    StageError
        As :func:`find_preparation`.
    """
    try:
        tooth = landscape.tooth(fdi)
    except KeyError:
        there = ", ".join(str(t.fdi) for t in landscape.teeth)
        raise SettingsError(
            f"tooth {fdi} is not on the scans",
            where="design: preparation",
            todo=f"Choose among {there}, or correct the numbers.",
        ) from None
    jaw = jaw_of(fdi)
    opposing = landscape.shapes.get("lower" if jaw == "upper" else "upper") if landscape.bite is not None else None
    return find_preparation(
        landscape.shapes[jaw], landscape.crown(fdi), tooth, antagonist=opposing, points=points, settings=settings
    )


def _on_scan(region: Region, points: Points | None) -> Points | None:
    if points is None or len(points) == 0:
        return None
    wanted = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    near = region.surface.nearest(wanted)
    far = np.flatnonzero(near.distance_mm > _FAR_POINT_MM)
    if len(far):
        raise SettingsError(
            f"point {int(far[0]) + 1} of the finish line lies {near.distance_mm[far[0]]:.1f} mm off the tooth",
            todo="Place it on the scan beside the tooth.",
        )
    return near.points


def _finish_line(region: Region, chosen: PreparationSettings, through: Points | None) -> FineLine:
    coarse = coarse_line(region, chosen, through)
    ring = coarse.points if counter_clockwise(coarse.points, region.up) else coarse.points[::-1]
    for _ in range(_PASSES):
        fine = refined(region, ring, chosen, through)
        ring = fine.points
    return fine


def _spaced(region: Region, fine: FineLine, chosen: PreparationSettings, through: Points | None) -> tuple[Points, Mask]:
    """Even steps along the line; corrections are put in exactly."""
    line, values = resampled(fine.points, chosen.spacing_mm, fine.sure.astype(np.float64))
    sure = values[0] > 0.5
    line = region.surface.nearest(line).points
    if through is not None:
        line, sure = _drawn_through(line, sure, through)
    # where the surface folds, several points may have fallen into one
    apart = lengths_mm(line) > _SAME_MM
    line, sure = line[apart], sure[apart]
    while lengths_mm(line).max() > 0.15:
        line, sure = _halved(line, sure)
    if not counter_clockwise(line, region.up):
        line, sure = line[::-1], sure[::-1]
    return np.ascontiguousarray(line), np.ascontiguousarray(sure)


def _drawn_through(line: Points, sure: Mask, through: Points) -> tuple[Points, Mask]:
    """Pull the line onto each point, softly over the neighbours."""
    line, sure = line.copy(), sure.copy()
    for wanted in through:
        nearest = int(((line - wanted) ** 2).sum(axis=1).argmin())
        shift = wanted - line[nearest]
        along = np.concatenate([[0.0], np.cumsum(lengths_mm(line))])
        apart = np.abs(along[:-1] - along[nearest])
        apart = np.minimum(apart, along[-1] - apart)
        line += np.exp(-((apart / 0.4) ** 2))[:, None] * shift
        sure[nearest] = True
    for wanted in through:
        line[int(((line - wanted) ** 2).sum(axis=1).argmin())] = wanted
    return line, sure


def _halved(line: Points, sure: Mask) -> tuple[Points, Mask]:
    """Put a point into the middle of every step that is too long."""
    step = lengths_mm(line)
    result, known = [], []
    for k, length in enumerate(step):
        after = (k + 1) % len(line)
        result.append(line[k])
        known.append(sure[k])
        if length > 0.15:
            result.append((line[k] + line[after]) / 2)
            known.append(bool(sure[k] and sure[after]))
    return np.array(result), np.array(known, dtype=bool)


def _refuse_poor(region: Region, line: Points, sure: Mask, chosen: PreparationSettings, *, corrected: bool) -> None:
    """Raise when the line cannot be trusted at all.

    Raises
    ------
    StageError
        When the line is too short, mostly inferred, or one of two.
    """
    length = float(lengths_mm(line).sum())
    if length < np.pi * _ROUND_MM:
        raise StageError("no finish line runs around it", todo="Check that the tooth is prepared, or give points.")
    unsure = float((~sure).mean())
    if unsure > chosen.most_unsure_share:
        longest = max(len(run) for run in runs(~sure)) * length / len(line)
        raise StageError(
            f"its margin is open: over {unsure:.0%} of the way no edge is seen, the longest stretch {longest:.1f} mm",
            todo="Free the margin of gingiva and scan it again, or give points the finish line must run through.",
        )
    if corrected:
        return
    share = second_ridge_share(region, line, chosen)
    if share > chosen.double_share:
        raise StageError(
            f"its margin is double: over {share:.0%} of the way around a second edge runs beside the first",
            todo="Smooth the ledge, or give points on the edge that is meant.",
        )


def _scanned(region: Region) -> Mesh:
    """The region as scanned; holes inside the die stay closed so that it is one shell."""
    return region.mesh


def _around(region: Region, line: Points, up: Floats) -> Mesh:
    """What stands outside the finish line and higher than it: neighbours and gingiva."""
    centres = region.mesh.vertices[region.mesh.faces].mean(axis=1)
    middle = line.mean(axis=0)
    flat = line - middle - ((line - middle) @ up)[:, None] * up
    reach = float(np.linalg.norm(flat, axis=1).max())
    away = centres - middle
    high = away @ up > (line - middle).dot(up).min() + 0.5
    beside = np.linalg.norm(away - (away @ up)[:, None] * up, axis=1) > 0.5 * reach
    part, _ = region.mesh.part(high & beside & ~region.in_crown)
    return part


def _described(
    tooth: Tooth,
    region: Region,
    line: Points,
    sure: Mask,
    die: Mesh,
    insertion: Insertion,
    antagonist: Mesh | None,
    chosen: PreparationSettings,
) -> Preparation:
    """Measure and say what a person should know."""
    axis = insertion.axis
    depth = undercut_mm(die, axis)
    numbers = measure(die, line, axis, np.asarray(tooth.axes[0]), np.asarray(tooth.axes[1]))
    kind, _ = kind_of_margin(region, line, sure)
    room = None if antagonist is None else clearance(die, antagonist, axis)
    if room is not None and chosen.needs_room and room[0] <= 0:
        raise StageError(
            f"tooth {tooth.fdi}: the preparation has no room, it reaches {-room[0]:.2f} mm into its antagonist",
            where="design: preparation",
            todo="Reduce the tooth more, raise the bite, or check the bite.",
        )
    notes = []
    if not sure.all():
        hidden = float(lengths_mm(line)[~sure].sum())
        notes.append(f"{hidden:.1f} mm of the finish line are inferred: hidden by gingiva or not scanned")
    if depth.max(initial=0.0) > _TOLD_UNDERCUT_MM:
        notes.append(f"undercut of up to {depth.max():.2f} mm along the insertion axis")
    if insertion.blocked_share > 0.02:
        notes.append(f"a neighbour stands over {insertion.blocked_share:.0%} of the finish line on the way in")
    return Preparation(
        fdi=tooth.fdi,
        finish_line=line,
        sure=sure,
        margin=kind,
        axis=axis,
        die=die,
        undercut_mm=depth,
        taper_deg=numbers.taper_deg,
        height_mm=numbers.height_mm,
        reduction_mm=None if room is None else room[0],
        notes=tuple(notes),
        measures=numbers,
    )


__all__ = ["find_preparation", "prepared_tooth"]
