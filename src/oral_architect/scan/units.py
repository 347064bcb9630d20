"""Find the unit of a file: from what it declares, and from how large a mouth is."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

SCALE_TO_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "inch": 25.4, "um": 0.001}

_WORDS = {
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), "mm"),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), "cm"),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("in", "inch", "inches"), "inch"),
    **dict.fromkeys(("um", "µm", "micron", "microns", "micrometer", "micrometre"), "um"),
}
_DECLARATION = re.compile(r"\bunits?\b\s*[=:]?\s*([a-zµ]+)", re.IGNORECASE)

UNFIT = 25.0
"""Squared distance, in standard deviations, from which a size belongs to no view of a mouth."""
AMBIGUOUS = 6.0
"""Two units whose squared distances differ by less are both possible (a likelihood ratio of 20)."""
_MM_BONUS = 4.0
"""Nearly every dental file is in mm; other units have to fit better by this much."""
_SAMPLE = 200_000


@dataclass(frozen=True)
class FoundUnit:
    """The unit of a file and how it was found."""

    unit: str
    reason: str
    warning: str = ""

    @property
    def scale_to_mm(self) -> float:
        """Millimetres in one unit."""
        return SCALE_TO_MM[self.unit]


@dataclass(frozen=True)
class _View:
    """A way a mouth is scanned: full arch, half, quadrant or section."""

    name: str
    log_mm: NDArray[np.float64]
    log_sd: NDArray[np.float64]


def unit_in_text(text: bytes) -> tuple[str | None, str]:
    """Look for a declaration such as ``UNITS=mm`` in a header or comment."""
    found = _DECLARATION.search(text.decode("utf-8", "replace"))
    unit = _WORDS.get(found.group(1).lower()) if found else None
    return (unit, "a comment in the file declares it") if unit else (None, "")


def extents(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure along the principal axes, longest first.

    Parameters
    ----------
    vertices
        ``(n, 3) float``, finite.

    Returns
    -------
    (3,) float
        In the unit of the vertices; the outermost 0.2 % at each end are left out, so that a stray
        speck does not decide.
    """
    sample = vertices[:: max(1, len(vertices) // _SAMPLE)]
    centred = sample - np.median(sample, axis=0)
    # a stray point a kilometre away must not turn the axes
    radius = np.linalg.norm(centred, axis=1)
    near = centred[radius <= np.quantile(radius, 0.995)]
    near = near - near.mean(axis=0)
    # einsum, because a threaded matrix product would sum in an order that depends on the machine
    _, axes = np.linalg.eigh(np.einsum("ni,nj->ij", near, near))
    low, high = np.quantile(centred @ axes, [0.002, 0.998], axis=0)
    return np.sort(high - low)[::-1]


def find_unit(
    vertices: NDArray[np.float64], *, wanted: str | None = None, declared: str | None = None, declared_by: str = ""
) -> FoundUnit:
    """Decide the unit.

    Parameters
    ----------
    vertices
        ``(n, 3) float``, finite, in the unit to be found.
    wanted
        The user's own setting, which always holds.
    declared, declared_by
        What the file declares, which holds unless it makes no mouth and another unit does.
    """
    size = extents(vertices)
    distances = {unit: misfit(size * scale) for unit, scale in SCALE_TO_MM.items()}
    said = " × ".join(f"{x:.3g}" for x in size)
    if wanted is not None:
        odd = distances[wanted] > UNFIT
        warning = f"in {wanted}, as set, the scan measures {_in_mm(size, wanted)}, unusual for a mouth" if odd else ""
        return FoundUnit(wanted, "it was set by the user", warning)
    ranked = sorted(distances, key=lambda u: distances[u] - (_MM_BONUS if u == "mm" else 0.0))
    best, second = ranked[0], ranked[1]
    if declared is not None:
        if distances[declared] <= UNFIT or distances[best] > UNFIT:
            return FoundUnit(declared, declared_by)
        return FoundUnit(
            best,
            f"the scan measures {said}, which fits a mouth in {best}",
            f"{declared_by} ({declared}), but then it would measure {_in_mm(size, declared)}; {best} was used instead",
        )
    if distances[best] > UNFIT:
        return FoundUnit(
            "mm",
            "nothing in the file tells the unit and its size fits a mouth in none; mm is the usual one",
            f"the scan measures {_in_mm(size, 'mm')}, unusual for a mouth",
        )
    reason = f"the scan measures {said}, which fits {_nearest(size * SCALE_TO_MM[best]).name} in {best}"
    rival = distances[second] - distances[best] + (_MM_BONUS if best == "mm" else 0.0)
    if rival < AMBIGUOUS and distances[second] <= UNFIT:
        other = _nearest(size * SCALE_TO_MM[second]).name
        return FoundUnit(best, reason, f"the unit is not certain: it could also be {other} in {second}; set the unit")
    return FoundUnit(best, reason)


def misfit(size_mm: NDArray[np.float64]) -> float:
    """Squared distance of three extents, longest first, from the nearest view of a mouth, in standard deviations."""
    view = _nearest(size_mm)
    return _distance(size_mm, view)


def _distance(size_mm: NDArray[np.float64], view: _View) -> float:
    logs = np.log(np.maximum(size_mm, 1e-9))
    return float((((logs - view.log_mm) / view.log_sd) ** 2).sum())


def _nearest(size_mm: NDArray[np.float64]) -> _View:
    return min(_views(), key=lambda view: _distance(size_mm, view))


@cache
def _views() -> tuple[_View, ...]:
    """``arch_sizes.csv``: log-normal extents of each view, with their sources."""
    text = (files(__package__) / "arch_sizes.csv").read_text(encoding="utf-8")
    names = {"full": "a full arch", "half": "half an arch", "quadrant": "a quadrant", "section": "a few teeth"}
    return tuple(
        _View(
            names[row["view"]],
            np.array([math.log(float(row[f"{axis}_mm"])) for axis in ("long", "middle", "short")]),
            np.array([float(row[f"{axis}_log_sd"]) for axis in ("long", "middle", "short")]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def _in_mm(size: NDArray[np.float64], unit: str) -> str:
    return " × ".join(f"{x:.3g}" for x in size * SCALE_TO_MM[unit]) + " mm"
