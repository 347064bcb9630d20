"""The oral landscape: where every tooth is, its number, its crown, its axes, its gingival margin, the bite."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Matrix4, Record, Vector
from oral_architect.geometry import Mesh
from oral_architect.teeth.fdi import Jaw

LandmarkKind = Literal["cusp_tip", "incisal_edge", "central_fossa", "contact_point", "fa_point", "zenith"]
Unit = Literal["mm", "deg", "ratio", "percent"]


class Tooth(Record):
    """One tooth as found on the scan, in the patient frame (LPS, mm).

    Its crown is ``landscape.shapes["crown_{fdi}"]`` (open shell, the scan's own surface) and its gingival margin
    ``landscape.arrays["margin_{fdi}"]``, ``(k, 3) float, mm``, a closed polyline without the repeated first point.
    """

    fdi: int
    confidence: float
    """0 to 1: how sure the number is."""
    centroid_mm: Vector
    axes: tuple[Vector, Vector, Vector]
    """Unit rows: mesial, buccal, occlusal; origin at the crown centroid."""
    width_md_mm: float
    width_bl_mm: float
    height_mm: float
    notes: tuple[str, ...] = ()


class Arch(Record):
    """One jaw's scan.

    ``landscape.shapes["{jaw}"]`` is the scan in the patient frame (vertices in the scan document's order);
    ``landscape.arrays["labels_{jaw}"]`` is ``(n,) int16``, FDI per vertex, 0 gingiva;
    ``landscape.arrays["certainty_{jaw}"]`` is ``(n,) float32``, 0 to 1.
    """

    jaw: Jaw
    jaw_confidence: float
    pose_confidence: float
    to_patient: Matrix4
    """Scan frame to patient frame, mm."""
    teeth: tuple[int, ...]
    missing: tuple[int, ...]
    """Permanent teeth 1-7 of this jaw that are not there."""
    warnings: tuple[str, ...] = ()


class Contact(Record):
    """A place where upper and lower meet."""

    upper: int
    lower: int
    at_mm: Vector
    distance_mm: float
    area_mm2: float = 0.0
    """Surface of the lower tooth that touches the upper one."""


class Rival(Record):
    """Another position in which the arches close nearly as well."""

    lower_moved: Matrix4
    away_mm: float
    """How far it moves the middle of the lower teeth."""
    sagittal_mm: float
    """How far it lies behind class I, mm; negative in front."""
    worse: float
    """How much less of the teeth meets, as a share of all; 0 is a tie."""
    touching: int
    """Lower teeth that touch in it."""


class Bite(Record):
    """How the lower arch lies against the upper."""

    given: bool
    """True when the scans came in bite and were left so."""
    lower_moved: Matrix4
    """What moved the lower arch (patient frame) into this bite, mm."""
    contacts: tuple[Contact, ...]
    max_penetration_mm: float
    residual_mm: float
    ambiguous: bool
    note: str = ""
    reasons: tuple[str, ...] = ()
    """Why it is ambiguous, each in words."""
    rivals: tuple[Rival, ...] = ()
    sagittal_mm: float | None = None
    """How far the lower arch lies behind class I, mm; negative in front; ``None`` where it was not searched for."""


class Landmark(Record):
    """One point on one tooth, in the patient frame (LPS, mm)."""

    fdi: int
    kind: LandmarkKind
    name: str
    """Which of its kind: ``mesiobuccal``, ``mesial``, ``midpoint`` …"""
    at_mm: Vector
    accuracy_mm: float | None = None
    """Median distance from the true point on phantoms (``anatomy/data/measurement_accuracy.csv``), mm; ``None`` where
    it was not measured."""
    note: str = ""


class Measure(Record):
    """One number about a tooth (``fdi``), an arch (``jaw``) or, with neither, the bite."""

    name: str
    value: float
    unit: Unit
    fdi: int | None = None
    jaw: Jaw | None = None
    accuracy: float | None = None
    """Median absolute error on phantoms, same unit; ``None`` where it was not measured."""
    note: str = ""


class Landscape(Document):
    """Everything found on one or two arch scans, in one patient frame.

    ``arrays["arch_curve_{jaw}"]`` is the smooth arch through the incisal edges and buccal cusps, ``(k, 3) float, mm``,
    from the patient's right to left; ``arrays["incisal_edge_{fdi}"]`` the edge of an incisor or canine, ``(k, 3) float,
    mm``, from mesial to distal.
    """

    arches: tuple[Arch, ...]
    teeth: tuple[Tooth, ...]
    bite: Bite | None = None
    landmarks: tuple[Landmark, ...] = ()
    measures: tuple[Measure, ...] = ()

    def tooth(self, fdi: int) -> Tooth:
        """Return the tooth with this number; raises ``KeyError`` when it is not there."""
        for tooth in self.teeth:
            if tooth.fdi == fdi:
                return tooth
        raise KeyError(fdi)

    def landmark(self, fdi: int, kind: str, name: str) -> Landmark | None:
        """Return this point of a tooth, ``None`` where it was not found."""
        return next((x for x in self.landmarks if (x.fdi, x.kind, x.name) == (fdi, kind, name)), None)

    def measure(self, name: str, *, fdi: int | None = None, jaw: Jaw | None = None) -> Measure | None:
        """Return this number of a tooth, an arch or the bite, ``None`` where it was not taken."""
        return next((x for x in self.measures if (x.name, x.fdi, x.jaw) == (name, fdi, jaw)), None)

    def crown(self, fdi: int) -> Mesh:
        """The tooth's own scanned surface, patient frame, mm."""
        return self.shapes[f"crown_{fdi}"]
