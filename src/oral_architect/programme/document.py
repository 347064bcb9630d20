"""The programme: the only thing a device ever gets."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Matrix4, Record, Vector


class Figure(Record):
    """A technology figure with where it comes from."""

    value: float
    unit: str
    source: str
    standing: str


class Layer(Record):
    """One deposition layer of one tooth."""

    index: int
    start_s: float
    dwell_s: float
    cure_s: float
    voxels: int
    dose_units: int
    """Sum of the integer doses of this layer."""
    material: str
    irradiance_mw_cm2: float
    thermal_allowance_c: float


class ToothProgramme(Record):
    """Voxel doses of one tooth.

    ``programme.arrays["voxels_{fdi}"]`` is ``(n, 3) int16`` in grid steps from ``origin_mm``, sorted by layer;
    ``arrays["dose_{fdi}"]`` is ``(n,) uint16``; ``arrays["layer_{fdi}"]`` is ``(n,) int16``.
    """

    fdi: int
    origin_mm: Vector
    voxel_mm: float
    dose_per_voxel: int
    """Dose units of a full voxel."""
    total_dose: int
    layers: tuple[Layer, ...]
    build_axis: Vector


class Envelope(Record):
    """What a device must refuse to exceed in one step."""

    dwell_s: float
    dose_units: int
    irradiance_mw_cm2: float
    rise_c: float
    """Of the pulp."""
    low_mm: Vector
    high_mm: Vector
    """The box, patient frame, no tool or beam may leave."""


class Step(Record):
    """One entry of the treatment timeline."""

    start_s: float
    end_s: float
    fdi: int | None
    phase: Literal["prepare", "remove", "isolate", "deposit", "cure", "cool", "finish", "check"]
    device: str
    detail: str
    layer: int | None = None
    """Index of the layer it belongs to."""
    envelope: Envelope | None = None
    """``None`` where no device is held."""


class Removal(Record):
    """What of a present tooth goes before anything is laid.

    ``programme.arrays["removal_{fdi}"]`` is ``(n, 3) int16`` in grid steps from ``origin_mm`` in the tooth's frame,
    outermost first; ``arrays["removal_share_{fdi}"]`` is ``(n,) float32``, the share of each voxel.
    """

    fdi: int
    volume_mm3: float
    depth_mm: float
    dentine_left_mm: float | None
    """Over the expected pulp; ``None`` where none is expected in reach."""
    dentine_left_p95_mm: float | None
    """Over a pulp larger than 95 % of those expected."""
    dentine_least_mm: float
    """The limit."""
    voxel_mm: float
    origin_mm: Vector
    from_patient: Matrix4
    """Patient frame to the tooth's frame."""


class PassNote(Record):
    """What one pass of the compiler did, in figures, so that it can be checked without running the next."""

    name: str
    fdi: int | None
    figures: dict[str, float]


class Programme(Document):
    """Doses, layers, order and timeline for a whole session."""

    format: Literal["oral-architect programme 2"] = "oral-architect programme 2"
    """Version 2 added removal, envelopes and the notes of the passes; a version is never written in two ways."""
    profile: str
    profile_title: str
    figures: dict[str, Figure]
    teeth: tuple[ToothProgramme, ...]
    timeline: tuple[Step, ...]
    removals: tuple[Removal, ...] = ()
    passes: tuple[PassNote, ...] = ()
    session_s: float
    rate_gap: float
    """How many times faster than demonstrated mineral chemistry this plan assumes."""
    rate_gap_text: str
    warnings: tuple[str, ...] = ()
