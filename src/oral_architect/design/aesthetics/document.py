"""The aesthetic assessment of a smile: what was measured, against which figures, and where to look."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Matrix4, Record, Vector
from oral_architect.design.document import Check

from .shade.layering import LayerPlan
from .shade.match import ShadeMatch

Verdict = Literal["pass", "warn", "fail", "information"]


class Norm(Record):
    """One published figure a measure is held against."""

    rule: Literal["at_most", "within", "compare"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    sd: float | None = None
    unit: str
    condition: str
    source: str
    standing: str


class Observation(Record):
    """One number about a smile.

    ``verdict`` is ``information`` where no source that was read supports a threshold.
    """

    name: str
    words: str
    """What it is, for a person."""
    value: float | None
    unit: str
    teeth: tuple[int, ...] = ()
    uncertainty: float | None = None
    """Median absolute error on phantoms (``accuracy.csv``), same unit; ``None`` where it was not measured."""
    norms: tuple[Norm, ...] = ()
    verdict: Verdict = "information"
    limit: float | None = None
    """The limit that gave the verdict."""
    source: str = "none published"
    standing: str = "none"
    at: Vector | None = None
    """Where to look, patient frame, mm."""
    note: str = ""

    def check(self) -> Check | None:
        """Return it as a clinical check; ``None`` for information."""
        if self.verdict == "information":
            return None
        return Check(
            check=self.words,
            value=self.value,
            limit=self.limit,
            unit=self.unit,
            source=self.source,
            standing=self.standing,
            verdict=self.verdict,
            at=self.at,
            fdi=self.teeth[0] if len(self.teeth) == 1 else None,
            note=self.note,
        )


class SmileTooth(Record):
    """One tooth as seen from the front.

    ``aesthetics.arrays["outline_{fdi}"]`` is its outline and ``arrays["edge_{fdi}"]`` the incisal edge of an incisor or
    canine, both ``(k, 2) float, mm``, in the smile frame: toward the patient's left, superior.
    """

    fdi: int
    restored: bool
    """Whether its designed form was measured instead of the scanned one."""
    apparent_mm: tuple[float, float]
    """The visible width from the front as two places toward the patient's left."""
    tip_mm: tuple[float, float]
    """Incisal midpoint or tip from the front: left, superior."""
    zenith_mm: tuple[float, float] | None
    """Most apical point of the buccal gingival margin from the front; ``None`` where it is out of sight."""


class PhotoFit(Record):
    """How a photograph lies on the teeth."""

    image: str
    size: tuple[int, int]
    model: Literal["parallel", "perspective"]
    """``parallel`` where points or camera do not tell how far away it was."""
    patient_to_camera: Matrix4
    """Rigid, mm: camera x right, y down, z into the picture."""
    px_per_mm: float
    """At the middle of the points."""
    distance_mm: float | None
    rms_px: float
    rms_mm: float
    points: int
    worst: str
    """The point that fits worst."""


class Aesthetics(Document):
    """The assessment of one smile, as scanned or with restorations in place."""

    to_smile: Matrix4
    """Patient frame to smile frame, mm: left, posterior, superior, from the middle of the incisal edges."""
    teeth: tuple[SmileTooth, ...]
    observations: tuple[Observation, ...]
    photo: PhotoFit | None = None
    shade: ShadeMatch | None = None
    layering: tuple[LayerPlan, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """The observations with a verdict, as clinical checks."""
        return tuple(check for o in self.observations if (check := o.check()) is not None)

    def observation(self, name: str, *teeth: int) -> Observation | None:
        """Return one observation by name and teeth, ``None`` where it was not made."""
        return next((o for o in self.observations if o.name == name and o.teeth == teeth), None)
