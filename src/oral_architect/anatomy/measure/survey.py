"""Take every landmark and measure of a landscape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landmark, Landscape, Measure, Tooth
from oral_architect.case import vector
from oral_architect.geometry import Points, concatenate
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw

from .accuracy import measure_with_accuracy, with_accuracy
from .arch_curve import arch_curve, space
from .arch_form import arch_widths, curve_of_spee, curve_of_wilson, midline
from .arch_frame import ArchFrame, arch_frame
from .bolton import bolton
from .contacts import contact_points
from .cusps import Found, cusps_and_fossae
from .edges import incisal_edge
from .facial import facial_axis
from .marks import Marks
from .overlap import overjet_and_overbite
from .relation import midlines, molar_and_canine_relation
from .view import CrownView
from .widths import widths

Arrays = dict[str, NDArray[np.generic]]
_LOWER_FRONT = (41, 31, 42, 32)


def survey(landscape: Landscape, fitted: Mapping[int, Points]) -> Landscape:
    """Measure all teeth, arches and the bite of a landscape whose arches lie in occlusion.

    Parameters
    ----------
    landscape
        Teeth with crowns, margins and axes, patient frame.
    fitted
        For each tooth with a model its whole crown as the shape model sees it, ``(1500, 3) float, mm``
        (:attr:`ToothAxes.fitted_mm`), in the same frame. A tooth without is measured as far as its scanned surface
        goes: widths, height and facial axis.

    Returns
    -------
    Landscape
        With landmarks, measures, incisal edges and arch curves; teeth carry their widths and what is worn or absent
        among their notes.
    """
    views = {t.fdi: _view(landscape, t, fitted.get(t.fdi)) for t in landscape.teeth}
    points: list[tuple[int, Found]] = []
    measures: list[Measure] = []
    arrays: Arrays = {}
    for arch in landscape.arches:
        own = {f: v for f, v in views.items() if f in arch.teeth}
        contacts = contact_points(own)
        for fdi, view in own.items():
            found, numbers_taken, edge = _tooth(view)
            points += [(fdi, f) for f in (*found, *contacts.get(fdi, ()))]
            measures += numbers_taken
            if edge is not None:
                arrays[f"incisal_edge_{fdi}"] = view.world(edge)
    marks = _marks(views, points, measures)
    measures += bolton(marks.widths_md)
    for arch in landscape.arches:
        taken, curve = _arch(marks, arch.jaw)
        measures += taken
        if curve is not None:
            arrays[f"arch_curve_{arch.jaw}"] = curve
    measures += _bite(landscape, marks)
    return landscape.model_copy(
        update={
            "teeth": tuple(_told(t, points, measures) for t in landscape.teeth),
            "landmarks": tuple(_landmark(views[fdi], f) for fdi, f in points if f.at is not None),
            "measures": tuple(measure_with_accuracy(m) if _in_table(m) else m for m in measures),
            "arrays": landscape.arrays | arrays,
        }
    )


def _view(landscape: Landscape, tooth: Tooth, fitted: Points | None) -> CrownView:
    return CrownView(
        fdi=tooth.fdi,
        crown=landscape.crown(tooth.fdi),
        margin_mm=np.asarray(landscape.arrays[f"margin_{tooth.fdi}"], dtype=np.float64),
        origin_mm=np.array(tooth.centroid_mm),
        axes=np.array(tooth.axes),
        fitted_mm=fitted,
    )


def _tooth(view: CrownView) -> tuple[list[Found], list[Measure], Points | None]:
    """Points, numbers and incisal edge (tooth frame) of one tooth; its contact points need its neighbours."""
    found = cusps_and_fossae(view)
    edge = incisal_edge(view)
    if edge is not None:
        found += edge.points
    facial = facial_axis(view, {(f.kind, f.name): f.at for f in found if f.at is not None})
    md, bl = widths(view)
    taken = [
        Measure(name="width_md", value=md, unit="mm", fdi=view.fdi),
        Measure(name="width_bl", value=bl, unit="mm", fdi=view.fdi),
    ]
    if facial.crown_height_mm is not None:
        taken.append(Measure(name="crown_height", value=facial.crown_height_mm, unit="mm", fdi=view.fdi))
    return [*found, facial.fa_point, facial.zenith], taken, None if edge is None else edge.line_mm


def _marks(views: Mapping[int, CrownView], points: list[tuple[int, Found]], measures: list[Measure]) -> Marks:
    return Marks(
        points={(fdi, f.kind, f.name): views[fdi].world(f.at) for fdi, f in points if f.at is not None},
        widths_md={m.fdi: m.value for m in measures if m.name == "width_md" and m.fdi is not None},
        mesial={fdi: v.axes[0] for fdi, v in views.items()},
    )


def _arch(marks: Marks, jaw: Jaw) -> tuple[list[Measure], Points | None]:
    frame = arch_frame(marks, jaw)
    curve = arch_curve(marks, jaw)
    return ([] if frame is None else arch_measures(marks, frame)), curve


def arch_measures(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """All numbers of one arch."""
    taken = [*arch_widths(marks, frame), *midline(marks, frame), *space(marks, frame), *curve_of_wilson(marks, frame)]
    return [*taken, *curve_of_spee(marks, frame)] if frame.jaw == "lower" else taken


def _bite(landscape: Landscape, marks: Marks) -> list[Measure]:
    frame = arch_frame(marks, "upper")
    if landscape.bite is None or frame is None:
        return []
    front = [landscape.shapes[f"crown_{t}"] for t in _LOWER_FRONT if f"crown_{t}" in landscape.shapes]
    taken = [
        *overjet_and_overbite(marks, frame, concatenate(front) if front else None),
        *midlines(marks, frame),
        *molar_and_canine_relation(marks, frame),
    ]
    if not landscape.bite.ambiguous:
        return taken
    doubt = "the bite itself is not certain"
    return [m.model_copy(update={"note": f"{m.note}; {doubt}" if m.note else doubt}) for m in taken]


def _landmark(view: CrownView, found: Found) -> Landmark:
    assert found.at is not None
    landmark = Landmark(
        fdi=view.fdi, kind=found.kind, name=found.name, at_mm=vector(view.world(found.at)), note=found.note
    )
    return with_accuracy(landmark) if numbers.is_permanent(view.fdi) else landmark


def _in_table(measure: Measure) -> bool:
    """Accuracies were measured on permanent teeth."""
    return measure.fdi is None or numbers.is_permanent(measure.fdi)


def _told(tooth: Tooth, points: list[tuple[int, Found]], measures: list[Measure]) -> Tooth:
    """The tooth with its widths and with what was not found on it."""
    own = {m.name: m.value for m in measures if m.fdi == tooth.fdi}
    missing = tuple(f.note for fdi, f in points if fdi == tooth.fdi and f.at is None and f.note)
    return tooth.model_copy(
        update={
            "width_md_mm": own["width_md"],
            "width_bl_mm": own["width_bl"],
            "notes": (*tooth.notes, *dict.fromkeys(missing)),
        }
    )
