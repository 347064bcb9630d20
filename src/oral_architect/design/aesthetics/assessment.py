"""Assess a smile: everything measured on the teeth, and on a photograph where there is one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Settings, matrix4
from oral_architect.design.document import Design
from oral_architect.teeth import fdi as numbers

from .camera import find_camera
from .dimensions import dimensions
from .document import Aesthetics, Observation, PhotoFit, SmileTooth
from .frame import smile_frame
from .gingiva import gingival_line
from .incisal import incisal_line
from .lips import on_the_photograph
from .midline import dental_midline
from .observe import Subject
from .outline import outline
from .overbite import overbite
from .photograph import Photograph
from .proportions import apparent, proportions
from .seen import Seen, seen_teeth
from .shade.layering import LayerPlan, labial_thickness, layer_plan
from .shade.match import MeasuredShade, nearest_shade
from .shade.table import ShadeTable
from .symmetry import symmetry


class SmileSettings(Settings):
    """What besides the form is assessed. No random numbers are used."""

    shades: ShadeTable | None = None
    """The clinic's shade table; without it no shade is named."""
    measured: MeasuredShade | None = None
    """The colour wanted, as an instrument read it on a neighbour."""


def assess(
    landscape: Landscape,
    design: Design | None = None,
    photo: Photograph | None = None,
    settings: SmileSettings | None = None,
) -> Aesthetics:
    """Measure a smile.

    Parameters
    ----------
    landscape
        A mouth with an upper arch; the lower adds overbite and overjet.
    design
        Its restored crowns stand in place of the scanned ones; ``None`` for the mouth as scanned.
    photo
        A smile photograph with picked points: lips, corners of the mouth, face.
    settings
        See :class:`SmileSettings`.

    Raises
    ------
    StageError
        Without the upper teeth a smile frame needs.
    InputError
        When the photograph does not fit these teeth.
    """
    chosen = settings or SmileSettings()
    teeth, warnings = seen_teeth(landscape, design)
    subject = Subject(teeth, smile_frame(teeth))
    missing = [f for f in (13, 12, 11, 21, 22, 23) if f not in teeth]
    if missing:
        warnings = (*warnings, f"Not there and not measured: {', '.join(map(str, missing))}.")
    observations = list(_on_the_teeth(subject, landscape))
    fit: PhotoFit | None = None
    if photo is not None:
        # the points were picked on the mouth as it is, whatever is designed for it
        scanned = teeth if design is None else seen_teeth(landscape, None)[0]
        camera, fit = find_camera(Subject(scanned, smile_frame(scanned)), photo)
        observations += on_the_photograph(subject, camera, photo.points)
    shades, measured = chosen.shades, chosen.measured
    match = None if shades is None or measured is None else nearest_shade(measured, shades)
    uppers = [s for s in teeth.values() if numbers.jaw_of(s.fdi) == "upper"]
    return Aesthetics(
        to_smile=matrix4(subject.frame.matrix),
        teeth=_told(subject, uppers),
        observations=tuple(observations),
        photo=fit,
        shade=match,
        layering=_layers(design, subject, shades, measured),
        warnings=(*warnings, *(match.warnings if match else ())),
        arrays=_drawn(subject, uppers),
    )


def _on_the_teeth(subject: Subject, landscape: Landscape) -> Iterator[Observation]:
    yield from dimensions(subject)
    yield from proportions(subject)
    yield from incisal_line(subject)
    yield from dental_midline(subject)
    yield from gingival_line(subject)
    yield from symmetry(subject)
    if landscape.bite is not None:
        yield from overbite(subject, ambiguous=landscape.bite.ambiguous)


def _told(subject: Subject, teeth: list[Seen]) -> tuple[SmileTooth, ...]:
    places, told = apparent(subject), []
    for tooth in teeth:
        if tooth.fdi not in places:
            continue
        tip = subject.frame.front(tooth.tip_mm)
        zenith = None if tooth.zenith_mm is None else subject.frame.front(tooth.zenith_mm)
        told.append(
            SmileTooth(
                fdi=tooth.fdi,
                restored=tooth.restored,
                apparent_mm=places[tooth.fdi],
                tip_mm=(float(tip[0]), float(tip[1])),
                zenith_mm=None if zenith is None else (float(zenith[0]), float(zenith[1])),
            )
        )
    return tuple(told)


def _drawn(subject: Subject, teeth: list[Seen]) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {}
    for tooth in teeth:
        arrays[f"outline_{tooth.fdi}"] = outline(tooth, subject.frame)
        if tooth.edge_mm is not None:
            arrays[f"edge_{tooth.fdi}"] = subject.frame.front(tooth.edge_mm)
    return arrays


def _layers(
    design: Design | None, subject: Subject, shades: ShadeTable | None, measured: MeasuredShade | None
) -> tuple[LayerPlan, ...]:
    if design is None or shades is None or measured is None:
        return ()
    plans = []
    for restoration in design.restorations:
        tooth, body = subject.teeth.get(restoration.fdi), design.shapes.get(f"restoration_{restoration.fdi}")
        if tooth is None or body is None or not numbers.is_anterior(restoration.fdi):
            continue
        thickness = labial_thickness(body, tooth.view.axes)
        if thickness:
            plans.append(layer_plan(restoration.fdi, thickness, measured, shades))
    return tuple(plans)
