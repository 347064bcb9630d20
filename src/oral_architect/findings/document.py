"""What is wrong with which tooth, how much of it is lost, and why that is believed."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Record

Kind = Literal["wear", "erosion", "cavity", "fracture", "hypoplasia", "missing", "prepared"]
Surface = Literal["M", "D", "B", "L", "O", "I"]


class Measure(Record):
    """A figure with its uncertainty (one standard deviation) and unit."""

    value: float
    sd: float
    unit: str


class Finding(Record):
    """One thing found on one tooth.

    For a tooth that is there, ``findings.shapes["expected_{fdi}"]`` is the outer form it is believed to have had
    (closed crown, patient frame) and ``findings.arrays["loss_{fdi}"]`` the loss at each vertex of the
    landscape's crown, ``(n,) float32, mm``, positive where substance is missing.
    """

    fdi: int
    kind: Kind
    surfaces: tuple[Surface, ...]
    lost_volume: Measure
    max_depth: Measure
    confidence: float
    evidence: tuple[str, ...]
    """Plain sentences: what the shape model, the mirror twin and the neighbours say."""
    restore: bool
    reason: str


class Findings(Document):
    """All findings of a mouth."""

    items: tuple[Finding, ...]
    compared: tuple[int, ...]
    """Teeth that were compared with their expected form."""
    noise_mm: float
    """Deviation below which a difference is not believed."""
