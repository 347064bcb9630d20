"""Landscapes for charts, made from numbers alone: any set of teeth on two half ellipses, with or without measures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from oral_architect.anatomy.document import Arch, Landscape, Measure, Tooth
from oral_architect.case import matrix4, vector
from oral_architect.teeth.fdi import Jaw, arch, is_left, jaw_of

WIDTH_MM = {1: 8.0, 2: 6.6, 3: 7.6, 4: 7.0, 5: 6.9, 6: 10.3, 7: 9.9, 8: 9.1, 9: 5.0}
JAWS: tuple[Jaw, ...] = ("upper", "lower")


def mouth(
    teeth: Iterable[int],
    *,
    doubtful: Iterable[int] = (),
    measured: bool = False,
    beside: dict[int, float] | None = None,
    jaws: tuple[Jaw, ...] = JAWS,
) -> Landscape:
    """Return a landscape without shapes.

    Parameters
    ----------
    teeth
        FDI numbers; a supernumerary one may come more than once.
    doubtful
        Those whose number is not sure.
    measured
        Whether teeth, arches and bite have measures with an accuracy.
    beside
        The place of each supernumerary tooth, counted from the midline; behind the last when not given.
    jaws
        Those that were scanned.
    """
    unsure, places = set(doubtful), beside or {}
    found = tuple(_tooth(f, 0.42 if f in unsure else 0.98, places.get(f)) for f in teeth if jaw_of(f) in jaws)
    present = {t.fdi for t in found}
    arches = tuple(
        Arch(
            jaw=jaw,
            jaw_confidence=0.99,
            pose_confidence=0.98,
            to_patient=matrix4(np.eye(4)),
            teeth=tuple(sorted(f for f in present if jaw_of(f) == jaw)),
            missing=tuple(f for f in arch(jaw) if f % 10 < 8 and f not in present),
            warnings=("The scan ends close behind the last tooth.",) if jaw == "lower" else (),
        )
        for jaw in jaws
    )
    return Landscape(arches=arches, teeth=found, measures=_measures(found, jaws) if measured else ())


def _tooth(fdi: int, confidence: float, place: float | None) -> Tooth:
    k = fdi % 10
    at = 8.6 if k == 9 and place is None else float(k) if place is None else place
    angle = (at - 0.5) / 9 * np.pi / 2 * (1 if is_left(fdi) else -1)
    out = np.array([np.sin(angle), -np.cos(angle), 0.0])
    up = (0.0, 0.0, -1.0 if jaw_of(fdi) == "upper" else 1.0)
    mesial = np.array([out[1], -out[0], 0.0]) * (1 if is_left(fdi) else -1)
    return Tooth(
        fdi=fdi,
        confidence=confidence,
        centroid_mm=vector(out * (27, 40, 0) + (0, 20, 4.6 if jaw_of(fdi) == "upper" else -4.6)),
        axes=(vector(mesial), vector(out), up),
        width_md_mm=WIDTH_MM[k] * (0.9 if fdi > 50 else 1.0),
        width_bl_mm=WIDTH_MM[k] + 0.8,
        height_mm=9.5 - 0.6 * k,
    )


def _measures(teeth: tuple[Tooth, ...], jaws: tuple[Jaw, ...]) -> tuple[Measure, ...]:
    out = []
    for t in teeth:
        for name, value, accuracy in (
            ("width_md", t.width_md_mm, 0.12),
            ("width_bl", t.width_bl_mm, 0.09),
            ("crown_height", t.height_mm, 0.21),
        ):
            out.append(Measure(name=name, value=value, unit="mm", fdi=t.fdi, accuracy=accuracy))
    for jaw in jaws:
        for name, value, accuracy in (
            ("intercanine_width", 34.1, 0.2),
            ("intermolar_width", 51.7, 0.3),
            ("arch_length", 76.3, 0.6),
            ("space_anterior", -1.6, 0.3),
            ("space_total", -2.4, 0.5),
            ("spee_depth_right", 1.6, 0.14),
            ("midline_deviation", 0.4, 0.2),
        ):
            out.append(Measure(name=name, value=value, unit="mm", jaw=jaw, accuracy=accuracy))
        out.append(Measure(name="wilson_inclination", value=7.3, unit="deg", jaw=jaw, accuracy=1.2))
    if len(jaws) == 2:
        norm = "norm 77.2 ± 1.65 (Bolton 1958, abstract)"
        out += [
            Measure(name="overjet", value=2.8, unit="mm", accuracy=0.15),
            Measure(name="overbite", value=3.1, unit="mm", accuracy=0.11),
            Measure(name="midline_between_arches", value=-0.6, unit="mm", accuracy=0.2),
            Measure(name="bolton_anterior", value=77.6, unit="percent", accuracy=0.8, note=norm),
            Measure(name="bolton_overall", value=91.4, unit="percent"),
            Measure(name="molar_relation", value=2.2, unit="mm", fdi=16, note="class II: the upper lies 2.2 mm mesial"),
        ]
    return tuple(out)
