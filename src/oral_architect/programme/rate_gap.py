"""The rate gap: how many times faster than demonstrated mineral chemistry a plan builds."""

from __future__ import annotations

from oral_architect.reference import Row, find

from .document import Figure
from .profile import Profile

NM_PER_MM = 1e6
S_PER_H = 3600.0


def demonstrated_growth() -> Figure:
    """Return the fastest mineral growth that has been shown: calcium phosphate ion clusters (Shao 2019).

    Raises
    ------
    ReferenceDataError
        When the row is missing.
    """
    row = _row()
    return Figure(
        value=row.need("value"),
        unit="nm/h",
        source=f"kinetics: growth / CaP ion clusters / TEA / rate_nm_per_h; {row.cells['condition']}; Shao 2019",
        standing=row.standing,
    )


def required_growth_nm_per_h(thickness_mm: float, deposition_s: float) -> float:
    """Return the linear rate at which a wall of material must rise; 0 where nothing is built."""
    return thickness_mm * NM_PER_MM / (deposition_s / S_PER_H) if deposition_s > 0 else 0.0


def rate_gap_text(profile: Profile, *, fdi: int | None, thickness_mm: float, deposition_s: float, ratio: float) -> str:
    """Say the rate gap in plain words, with what the profile really uses."""
    if fdi is None:
        return "Nothing is deposited, so no growth rate is assumed."
    shown = demonstrated_growth()
    need = required_growth_nm_per_h(thickness_mm, deposition_s)
    text = (
        f"Tooth {fdi} needs {thickness_mm:.2f} mm of material in {deposition_s / 60:.1f} min, {need:.2g} nm/h. "
        f"Mineral has been shown to grow at about {shown.value:.0f} nm/h ({shown.standing}; Shao 2019), "
        f"so grown mineral would have to be {ratio:,.0f} times faster than demonstrated. "
    )
    if profile.law == "growth_rate":
        text += (
            f"This plan multiplies the rate constant '{profile.rate_constant}' by "
            f"{profile.value('growth_multiplier'):,.0f}: a projection, not a treatment. "
        )
    return text + profile.really_used


def _row() -> Row:
    return find("kinetics", process="growth", system="CaP ion clusters / TEA", quantity="rate_nm_per_h")
