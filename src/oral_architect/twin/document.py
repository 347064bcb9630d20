"""What the physics says the programme will do."""

from __future__ import annotations

from pydantic import Field, model_validator

from oral_architect.case import Document, Record
from oral_architect.findings.document import Measure


class Range(Record):
    """Where nine of ten runs with other figures end."""

    p5: float
    median: float
    p95: float
    unit: str


class ToothPrediction(Record):
    """Prediction for one tooth.

    ``prediction.arrays["pulp_{fdi}"]`` is ``(k, 2) float32``: time (s) and highest pulp temperature (°C);
    ``arrays["pulp_range_{fdi}"]`` is ``(k, 2) float32``: its 5th and 95th percentile at the same times;
    ``arrays["filled_{fdi}"]`` is ``(n,) uint16``: units in each voxel of the programme, whose sum is
    ``deposited_units``.

    Raises
    ------
    ValueError
        When deposited, lost and retrieved units are not those dispensed.
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
    ranges: dict[str, Range] = Field(default_factory=dict)
    """Of every figure above and of those the warnings speak of, by name."""

    @model_validator(mode="after")
    def _balanced(self) -> ToothPrediction:
        found = self.deposited_units + self.lost_units + self.retrieved_units
        if found != self.dispensed_units:
            raise ValueError(f"tooth {self.fdi}: {self.dispensed_units} units dispensed, {found} accounted for")
        return self


class Prediction(Document):
    """Prediction for a session."""

    teeth: tuple[ToothPrediction, ...]
    rate_gap: float
    rate_gap_text: str
    safe: bool
    warnings: tuple[str, ...] = ()
