"""Where the named points of each tooth lie on the mean crown of the shape model."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

Kind = Literal["cusp_tip", "central_fossa"]


@dataclass(frozen=True, eq=False)
class Place:
    """One named point of a tooth type (``data/landmark_places.csv``)."""

    kind: Kind
    name: str
    row: int
    """Vertex of the shape model's crown it is sought around."""
    toward: NDArray[np.float64]
    """``(3,)`` unit, tooth frame: a tip is highest, a fossa lowest in this direction. For teeth of three and more
    cusps the normal of the plane through the cusps of the mean crown, for others the occlusal axis."""


@cache
def places(fdi: int) -> tuple[Place, ...]:
    """Return the named points of a permanent tooth; none for incisors. Third molars have those of the second."""
    jaw, position = numbers.jaw_of(fdi), min(numbers.position(fdi), 7)
    mean = crown_model(10 * (fdi // 10) + position).mean
    found = []
    for row in _table():
        if row["jaw"] == jaw and int(row["position"]) == position:
            at = np.array([float(row[f"{axis}_mm"]) for axis in ("mesial", "buccal", "occlusal")])
            toward = np.array([float(row[f"toward_{axis}"]) for axis in ("mesial", "buccal", "occlusal")])
            nearest = int(np.linalg.norm(mean - at, axis=1).argmin())
            kind: Kind = "cusp_tip" if row["kind"] == "cusp_tip" else "central_fossa"
            found.append(Place(kind, row["name"], nearest, toward / np.linalg.norm(toward)))
    return tuple(found)


@cache
def _table() -> tuple[dict[str, str], ...]:
    text = (files("oral_architect.anatomy") / "data/landmark_places.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
