"""The programme: the only thing a device ever gets."""

from __future__ import annotations

from typing import Literal

from oral_architect.case import Document, Record, Vector


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


class Step(Record):
    """One entry of the treatment timeline."""

    start_s: float
    end_s: float
    fdi: int | None
    phase: Literal["prepare", "remove", "isolate", "deposit", "cure", "cool", "finish", "check"]
    device: str
    detail: str


class Programme(Document):
    """Doses, layers, order and timeline for a whole session."""

    profile: str
    profile_title: str
    figures: dict[str, Figure]
    teeth: tuple[ToothProgramme, ...]
    timeline: tuple[Step, ...]
    session_s: float
    rate_gap: float
    """How many times faster than demonstrated mineral chemistry this plan assumes."""
    rate_gap_text: str
    warnings: tuple[str, ...] = ()
