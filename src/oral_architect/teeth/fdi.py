"""Tooth numbers by FDI (ISO 3950): jaws, sides, neighbours, antagonists, mirror twins, milk teeth and their successors.

ISO 3950 numbers no supernumerary teeth; here one is quadrant*10 + 9 (19, 29, 39, 49) wherever it stands in its
quadrant, a convention of this program alone.
"""

from __future__ import annotations

from typing import Literal

from oral_architect.errors import SettingsError

Jaw = Literal["upper", "lower"]

GINGIVA = 0
UPPER = tuple(range(18, 10, -1)) + tuple(range(21, 29))
"""Upper permanent teeth from the patient's right to left."""
LOWER = tuple(range(48, 40, -1)) + tuple(range(31, 39))
"""Lower permanent teeth from the patient's right to left."""
PERMANENT = UPPER + LOWER
UPPER_DECIDUOUS = (*range(55, 50, -1), *range(61, 66))
"""Upper deciduous teeth from the patient's right to left."""
LOWER_DECIDUOUS = (*range(85, 80, -1), *range(71, 76))
"""Lower deciduous teeth from the patient's right to left."""
DECIDUOUS = UPPER_DECIDUOUS + LOWER_DECIDUOUS
SUPERNUMERARY = (19, 29, 39, 49)
Kind = Literal["permanent", "deciduous", "supernumerary"]


def is_permanent(fdi: int) -> bool:
    """Whether the number is that of a permanent tooth, 11 to 48."""
    return fdi in PERMANENT


def is_deciduous(fdi: int) -> bool:
    """Whether the number is that of a milk tooth, 51 to 85."""
    return fdi in DECIDUOUS


def is_supernumerary(fdi: int) -> bool:
    """Whether the number stands for a tooth too many: 19, 29, 39, 49."""
    return fdi in SUPERNUMERARY


def kind(fdi: int) -> Kind:
    """Return what kind of tooth a number stands for.

    Raises
    ------
    SettingsError
        When it is no tooth number.
    """
    if is_permanent(fdi):
        return "permanent"
    if is_deciduous(fdi):
        return "deciduous"
    if is_supernumerary(fdi):
        return "supernumerary"
    raise SettingsError(
        f"{fdi} is not a tooth number", todo="Use 11 to 48, 51 to 85, or 19, 29, 39, 49 for a supernumerary tooth."
    )


def successor(fdi: int) -> int | None:
    """The permanent tooth that replaces a milk tooth, 55 to 15; ``None`` of any other tooth."""
    return fdi - 40 if is_deciduous(fdi) else None


def predecessor(fdi: int) -> int | None:
    """The milk tooth in whose place a permanent tooth comes, 15 to 55; ``None`` of molars and any other tooth."""
    return fdi + 40 if is_permanent(fdi) and fdi % 10 <= 5 else None


def arch(jaw: Jaw) -> tuple[int, ...]:
    """Permanent teeth of a jaw from the patient's right to left."""
    return UPPER if jaw == "upper" else LOWER


def deciduous_arch(jaw: Jaw) -> tuple[int, ...]:
    """Milk teeth of a jaw from the patient's right to left."""
    return UPPER_DECIDUOUS if jaw == "upper" else LOWER_DECIDUOUS


def jaw_of(fdi: int) -> Jaw:
    """Jaw of a tooth of any kind."""
    return "upper" if fdi // 10 in (1, 2, 5, 6) else "lower"


def is_left(fdi: int) -> bool:
    """Whether the tooth is on the patient's left (quadrants 2, 3, 6, 7)."""
    return fdi // 10 in (2, 3, 6, 7)


def position(fdi: int) -> int:
    """Place counted from the midline, 1 (central incisor) to 8; 5 is a second premolar or second milk molar."""
    return fdi % 10


def mirror(fdi: int) -> int:
    """The same tooth of the other side: 16 to 26, 31 to 41."""
    return {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}[fdi // 10] * 10 + fdi % 10


def antagonists(fdi: int) -> tuple[int, ...]:
    """Teeth of its own dentition that it meets in class I: the namesake first, then its second partner.

    A supernumerary tooth has none.
    """
    if is_supernumerary(fdi):
        return ()
    opposite = {1: 4, 2: 3, 3: 2, 4: 1, 5: 8, 6: 7, 7: 6, 8: 5}[fdi // 10] * 10
    k = fdi % 10
    second = k - 1 if jaw_of(fdi) == "lower" else k + 1
    last = 5 if is_deciduous(fdi) else 8
    return tuple(opposite + p for p in (k, second) if 1 <= p <= last)


def neighbours(fdi: int) -> tuple[int | None, int | None]:
    """Mesial and distal neighbour in its own dentition, ``None`` behind the third molar or second milk molar.

    A supernumerary tooth has no set place and so no neighbours.
    """
    if is_supernumerary(fdi):
        return None, None
    row = deciduous_arch(jaw_of(fdi)) if is_deciduous(fdi) else arch(jaw_of(fdi))
    i = row.index(fdi)
    towards_left = row[i + 1] if i + 1 < len(row) else None
    towards_right = row[i - 1] if i > 0 else None
    return (towards_right, towards_left) if is_left(fdi) else (towards_left, towards_right)


def is_anterior(fdi: int) -> bool:
    """Incisors and canines."""
    return fdi % 10 <= 3


def is_molar(fdi: int) -> bool:
    """First, second and third molars, and both milk molars."""
    return fdi % 10 >= (4 if is_deciduous(fdi) else 6) and not is_supernumerary(fdi)
