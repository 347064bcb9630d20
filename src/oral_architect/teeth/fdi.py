"""Tooth numbers by FDI (ISO 3950): jaws, sides, neighbours, antagonists, mirror twins."""

from __future__ import annotations

from typing import Literal

Jaw = Literal["upper", "lower"]

GINGIVA = 0
UPPER = tuple(range(18, 10, -1)) + tuple(range(21, 29))
"""Upper permanent teeth from the patient's right to left."""
LOWER = tuple(range(48, 40, -1)) + tuple(range(31, 39))
"""Lower permanent teeth from the patient's right to left."""
PERMANENT = UPPER + LOWER


def arch(jaw: Jaw) -> tuple[int, ...]:
    """Permanent teeth of a jaw from the patient's right to left."""
    return UPPER if jaw == "upper" else LOWER


def jaw_of(fdi: int) -> Jaw:
    """Jaw of a permanent or deciduous tooth."""
    return "upper" if fdi // 10 in (1, 2, 5, 6) else "lower"


def is_left(fdi: int) -> bool:
    """Whether the tooth is on the patient's left (quadrants 2, 3, 6, 7)."""
    return fdi // 10 in (2, 3, 6, 7)


def position(fdi: int) -> int:
    """Place counted from the midline, 1 (central incisor) to 8."""
    return fdi % 10


def mirror(fdi: int) -> int:
    """The same tooth of the other side: 16 to 26, 31 to 41."""
    return {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}[fdi // 10] * 10 + fdi % 10


def antagonists(fdi: int) -> tuple[int, ...]:
    """Teeth of the other jaw it meets in class I: the namesake first, then its second partner."""
    opposite = {1: 4, 2: 3, 3: 2, 4: 1}[fdi // 10] * 10
    k = fdi % 10
    second = k - 1 if jaw_of(fdi) == "lower" else k + 1
    return tuple(opposite + p for p in (k, second) if 1 <= p <= 8)


def neighbours(fdi: int) -> tuple[int | None, int | None]:
    """Mesial and distal neighbour, ``None`` behind the third molar."""
    row = arch(jaw_of(fdi))
    i = row.index(fdi)
    towards_left = row[i + 1] if i + 1 < len(row) else None
    towards_right = row[i - 1] if i > 0 else None
    return (towards_right, towards_left) if is_left(fdi) else (towards_left, towards_right)


def is_anterior(fdi: int) -> bool:
    """Incisors and canines."""
    return fdi % 10 <= 3


def is_molar(fdi: int) -> bool:
    """First, second and third molars."""
    return fdi % 10 >= 6
