"""What the physics says the programme will do."""

from __future__ import annotations

from oral_architect.case import Document, Record
from oral_architect.findings.document import Measure


class ToothPrediction(Record):
    """Prediction for one tooth.

    ``prediction.arrays["pulp_{fdi}"]`` is ``(k, 2) float32``: time (s) and highest pulp temperature (°C).
    """

    fdi: int
    pulp_peak_c: Measure
    pulp_rise_c: Measure
    pulp_rise_limit_c: float
    """Greatest rise above the starting temperature that is held to be harmless."""
    cem43_min: float
    filled_fraction: float
    deposited_units: int
    lost_units: int
    retrieved_units: int
    dispensed_units: int
    surface_rms_um: Measure
    verdict: str


class Prediction(Document):
    """Prediction for a session."""

    teeth: tuple[ToothPrediction, ...]
    rate_gap: float
    rate_gap_text: str
    safe: bool
    warnings: tuple[str, ...] = ()
