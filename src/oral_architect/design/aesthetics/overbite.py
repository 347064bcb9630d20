"""Overbite of the teeth as they would be, restored ones included."""

from __future__ import annotations

from collections.abc import Iterator

from oral_architect.anatomy.measure.arch_frame import ArchFrame
from oral_architect.anatomy.measure.marks import Marks
from oral_architect.anatomy.measure.overlap import overjet_and_overbite
from oral_architect.geometry import concatenate

from .document import Observation
from .observe import Subject, observe

_EDGES = (11, 21, 41, 31, 42, 32)


def overbite(subject: Subject, *, ambiguous: bool) -> Iterator[Observation]:
    """Measure overbite and overjet where both arches lie in occlusion.

    Parameters
    ----------
    subject
        Teeth of both jaws.
    ambiguous
        Whether the bite itself is uncertain; then the numbers only inform.
    """
    front = [subject.teeth[f] for f in (41, 31, 42, 32) if f in subject.teeth]
    uppers = [subject.teeth[f].tip_mm for f in (11, 21) if f in subject.teeth]
    if not front or not uppers:
        return
    marks = Marks({(f, "incisal_edge", "midpoint"): subject.teeth[f].tip_mm for f in _EDGES if f in subject.teeth})
    frame = ArchFrame("upper", subject.frame.origin_mm, subject.frame.rows, 0.0)
    for measure in overjet_and_overbite(marks, frame, concatenate([s.visible for s in front])):
        taken = observe(measure.name, measure.name, measure.value, "mm", at=uppers[0])
        if ambiguous:
            taken = taken.model_copy(
                update={"verdict": "information", "limit": None, "note": "the bite itself is not certain"}
            )
        yield taken
