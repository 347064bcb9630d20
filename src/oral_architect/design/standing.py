"""How a piece stands on its preparation: the record a design keeps of it, and the checks of the two together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.reference import Row, find
from oral_architect.teeth.fdi import is_molar

from .document import Check, Prepared, Verdict

if TYPE_CHECKING:
    from .preparation import Preparation

SEEN = Row("", {"source": "the scan: where the finish line was seen", "standing": "measured"})
_NO_UNDERCUT = Row("", {"source": "geometry: what is undercut cannot be seated", "standing": "computed"})
_BLOCKED_MM = 0.05
"""An undercut this shallow is blocked out without a word."""
_COVERED_UM = 30.0
"""A line deeper inside a body than this is covered by it, not its edge."""


def record_of(preparation: Preparation) -> Prepared:
    """Return what a design keeps of a preparation."""
    return Prepared(
        margin=preparation.margin,
        axis=vector(preparation.axis),
        taper_deg=preparation.taper_deg,
        height_mm=preparation.height_mm,
        undercut_mm=float(preparation.undercut_mm.max(initial=0.0)),
        reduction_mm=preparation.reduction_mm,
        sure_share=float(preparation.sure.mean()),
        notes=preparation.notes,
    )


def lines_of(preparation: Preparation) -> dict[str, NDArray[Any]]:
    """Return the arrays a design keeps of a preparation."""
    fdi = preparation.fdi
    return {
        f"finish_line_{fdi}": np.asarray(preparation.finish_line),
        f"finish_line_sure_{fdi}": np.asarray(preparation.sure, dtype=np.bool_),
    }


def preparation_checks(preparation: Preparation) -> Iterator[Check]:
    """Judge the preparation itself: undercut, taper, height, how much of the line was seen."""
    yield undercut_check(preparation)
    row = find("clinical_limits", group="preparation", quantity="total_occlusal_convergence_deg")
    taper = preparation.taper_deg
    verdict: Verdict = "pass" if row.need("low") <= taper <= row.need("high") else "warn"
    note = f"{row.need('low'):g} to {row.need('high'):g} degrees wanted"
    yield _check(preparation, "total occlusal convergence", taper, row.need("high"), "deg", row, verdict, note=note)
    site = "molars" if is_molar(preparation.fdi) else "other teeth"
    row = find("clinical_limits", group="preparation", quantity="preparation_height_min_mm", site=site)
    verdict = "pass" if preparation.height_mm >= row.need("value") else "warn"
    yield _check(preparation, "abutment height", preparation.height_mm, row.need("value"), "mm", row, verdict)
    hidden = 1 - float(preparation.sure.mean())
    place = preparation.finish_line[int(np.argmin(preparation.sure))] if hidden > 0 else None
    words = "part of the finish line that was inferred, not seen"
    verdict = "pass" if hidden == 0 else "warn"
    yield _check(preparation, "hidden finish line", hidden, 0.0, "ratio", SEEN, verdict, at=place, note=words)


def undercut_check(preparation: Preparation) -> Check:
    """Say how deep the deepest undercut is that was blocked out."""
    deepest = int(np.argmax(preparation.undercut_mm)) if len(preparation.undercut_mm) else 0
    undercut = float(preparation.undercut_mm[deepest]) if len(preparation.undercut_mm) else 0.0
    at = preparation.die.vertices[deepest] if undercut > 0 else None
    verdict: Verdict = "pass" if undercut <= _BLOCKED_MM else "warn"
    note = "blocked out along the insertion axis"
    return _check(preparation, "undercut", undercut, 0.0, "mm", _NO_UNDERCUT, verdict, at=at, note=note)


def at_the_line(body: Mesh, preparation: Preparation) -> Check:
    """Say how far the finish line lies outside a closed body, and whether the body covers it, as a connector may."""
    row = find("clinical_limits", group="fit", quantity="marginal_gap_acceptable_um")
    signed_um = 1000 * Surface(body).signed_distance_mm(preparation.finish_line)
    away_um = np.maximum(signed_um, 0.0)
    worst = int(np.argmax(away_um))
    value, limit = float(np.percentile(away_um, 95)), row.need("high")
    verdict: Verdict = "pass" if value <= limit else "fail"
    at, note = preparation.finish_line[worst], f"95th percentile along the line; the worst is {away_um[worst]:.0f} um"
    covered = signed_um < -_COVERED_UM
    if covered.any():
        verdict = "warn" if verdict == "pass" else verdict
        at = preparation.finish_line[int(np.argmin(signed_um))]
        note += f"; the body covers {covered.mean():.0%} of it, up to {-signed_um.min():.0f} um deep"
    return _check(preparation, "edge against finish line", value, limit, "um", row, verdict, at=at, note=note)


def _check(
    preparation: Preparation,
    name: str,
    value: float,
    limit: float,
    unit_: str,
    row: Row,
    verdict: Verdict,
    *,
    at: NDArray[np.float64] | None = None,
    note: str = "",
) -> Check:
    return Check(
        check=name,
        value=value,
        limit=limit,
        unit=unit_,
        source=row.source,
        standing=row.standing,
        verdict=verdict,
        at=None if at is None else vector(at),
        fdi=preparation.fdi,
        note=note,
    )
