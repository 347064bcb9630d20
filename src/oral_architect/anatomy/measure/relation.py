"""How upper and lower teeth meet from front to back and side to side: Angle class, canines, midlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Measure
from oral_architect.reference import find

from .arch_frame import ArchFrame
from .marks import Marks

Floats = NDArray[np.float64]


def molar_and_canine_relation(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """Mesiodistal offset of upper first molars and canines against the lower, mm, positive where the upper is mesial.

    Angle's class I has the mesiobuccal cusp of the upper first molar over the buccal groove of the lower, half-way
    between its two larger buccal cusps (Angle, Dental Cosmos 1899;41:248), and the upper canine over the contact of
    lower canine and first premolar. The class in the note follows ``angle_class_one_within_mm`` of the table
    ``clinical_limits``.
    """
    found = []
    for upper, lower in ((16, 46), (26, 36)):
        cusp = marks.at(upper, "cusp_tip", "mesiobuccal")
        pair = [marks.at(lower, "cusp_tip", name) for name in ("mesiobuccal", "distobuccal")]
        if cusp is not None and pair[0] is not None and pair[1] is not None:
            found.append(_offset("molar_relation", upper, lower, cusp, (pair[0] + pair[1]) / 2, marks, frame))
    for upper, lower, behind in ((13, 43, 44), (23, 33, 34)):
        cusp, here = marks.edge(upper), marks.contact(lower, "distal")
        there = marks.contact(behind, "mesial")
        if cusp is not None and here is not None:
            place = here if there is None else (here + there) / 2
            found.append(_offset("canine_relation", upper, lower, cusp, place, marks, frame))
    return [m for m in found if m is not None]


def midlines(marks: Marks, frame: ArchFrame) -> list[Measure]:
    """How far the lower midline lies from the upper, mm, positive toward the patient's left."""
    upper, lower = marks.midline("upper"), marks.midline("lower")
    if upper is None or lower is None:
        return []
    off = float(frame.flat(lower)[0] - frame.flat(upper)[0])
    note = "the lower against the upper, positive: to the patient's left"
    return [Measure(name="midline_between_arches", value=off, unit="mm", note=note)]


def _offset(
    name: str, upper: int, lower: int, cusp: Floats, place: Floats, marks: Marks, frame: ArchFrame
) -> Measure | None:
    mesial = marks.mesial.get(lower)
    if mesial is None:
        return None
    flat = mesial - (mesial @ frame.rows[2]) * frame.rows[2]
    value = float((cusp - place) @ flat / max(float(np.linalg.norm(flat)), 1e-12))
    row = find("clinical_limits", quantity="angle_class_one_within_mm")
    within = row.need("value")
    kind = "I" if abs(value) <= within else "II" if value > 0 else "III"
    side = "mesial" if value > 0 else "distal"
    note = f"class {kind}: the upper lies {abs(value):.1f} mm {side} (class I within {within:g} mm)"
    return Measure(name=name, value=value, unit="mm", fdi=upper, note=note)
