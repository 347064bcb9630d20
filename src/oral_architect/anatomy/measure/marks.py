"""The landmarks and widths of a mouth as the measures of arches and bite take them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Marks:
    """Points by tooth, kind and name, ``(3,) mm``, one common frame (LPS); widths by tooth, mm."""

    points: dict[tuple[int, str, str], Floats]
    widths_md: dict[int, float] = field(default_factory=dict)
    mesial: dict[int, Floats] = field(default_factory=dict)
    """Unit mesial axis by tooth."""

    def at(self, fdi: int, kind: str, name: str) -> Floats | None:
        """Return a point or ``None``."""
        return self.points.get((fdi, kind, name))

    def edge(self, fdi: int) -> Floats | None:
        """The buccal occlusal point of a tooth: incisal midpoint, canine tip, buccal or mesiobuccal cusp."""
        position = numbers.position(fdi)
        name = {1: "midpoint", 2: "midpoint", 3: "tip", 4: "buccal", 5: "buccal"}.get(position, "mesiobuccal")
        return self.at(fdi, "incisal_edge" if position <= 2 else "cusp_tip", name)

    def contact(self, fdi: int, side: str) -> Floats | None:
        """Its contact point on the ``mesial`` or ``distal`` side."""
        return self.at(fdi, "contact_point", side)

    def midline(self, jaw: Jaw) -> Floats | None:
        """Between the mesial contact points of the central incisors; the one that is known where the other is lost."""
        known = [p for t in centrals(jaw) if (p := self.contact(t, "mesial")) is not None]
        return np.asarray(np.mean(known, axis=0)) if known else None


def centrals(jaw: Jaw) -> tuple[int, int]:
    """Right and left central incisor."""
    return (11, 21) if jaw == "upper" else (41, 31)


def side_teeth(jaw: Jaw, *, left: bool) -> list[int]:
    """Permanent teeth of one side from the midline backwards, third molars left out."""
    return [
        t for k in range(1, 8) for t in numbers.arch(jaw) if numbers.position(t) == k and numbers.is_left(t) == left
    ]
