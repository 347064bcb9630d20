"""Cusp tips and fossae: the summits and pits of the scanned surface nearest to where the fitted crown has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import LandmarkKind
from oral_architect.teeth import fdi as numbers

from .places import Place, places
from .summit import summit
from .view import CrownView

Floats = NDArray[np.float64]

WORN_MM = 0.5
"""A cusp whose summit lies this much lower than the fitted crown's counts as worn or absent."""


@dataclass(frozen=True, eq=False)
class Found:
    """One point of a tooth, tooth frame, or the reason why there is none."""

    kind: LandmarkKind
    name: str
    at: Floats | None
    """``(3,) float, mm``; ``None`` when it was not found."""
    note: str = ""


def cusps_and_fossae(view: CrownView) -> list[Found]:
    """Find the named cusp tips and fossae of a tooth; none for incisors and for teeth without a model.

    The fitted crown only says where to look: the point itself is the scanned surface's. A cusp that is not there is
    not invented.
    """
    if view.fitted is None:
        found = places(view.fdi) if numbers.is_permanent(view.fdi) else ()
        return [Found(p.kind, p.name, None, "too little of the crown is left to tell its cusps") for p in found]
    return [_find(view, place) for place in places(view.fdi)]


def _find(view: CrownView, place: Place) -> Found:
    assert view.fitted is not None
    expected = view.fitted[place.row]
    up = place.toward if place.kind == "cusp_tip" else -place.toward
    at = summit(view.mesh.vertices, expected, up)
    what = f"{place.name} {'cusp' if place.kind == 'cusp_tip' else 'fossa'}"
    if at is None:
        return Found(place.kind, place.name, None, f"the {what} has no summit of its own or is out of sight")
    low = float((expected - at) @ up)
    if abs(low) > WORN_MM:
        why = "worn or absent" if place.kind == "cusp_tip" else "filled or deepened"
        return Found(place.kind, place.name, None, f"the {what} is {why}: {abs(low):.1f} mm off an ordinary one")
    return Found(place.kind, place.name, at)
