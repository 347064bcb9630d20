"""The oral landscape: where every tooth is, its number, its crown, its axes, its gingival margin, the bite."""

from __future__ import annotations

from oral_architect.case import Document, Matrix4, Record, Vector
from oral_architect.geometry import Mesh
from oral_architect.teeth.fdi import Jaw


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


class Landscape(Document):
    """Everything found on one or two arch scans, in one patient frame."""

    arches: tuple[Arch, ...]
    teeth: tuple[Tooth, ...]
    bite: Bite | None = None

    def tooth(self, fdi: int) -> Tooth:
        """Return the tooth with this number; raises ``KeyError`` when it is not there."""
        for tooth in self.teeth:
            if tooth.fdi == fdi:
                return tooth
        raise KeyError(fdi)

    def crown(self, fdi: int) -> Mesh:
        """The tooth's own scanned surface, patient frame, mm."""
        return self.shapes[f"crown_{fdi}"]
