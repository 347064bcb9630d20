"""Small documents and stages the tests of the case folder work with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field

from oral_architect.case import Document, Record, Settings
from oral_architect.geometry import Mesh


class Place(Record):
    name: str
    depth_mm: float


class Source(Document):
    text: str
    places: tuple[Place, ...] = ()
    numbers: dict[int, float] = Field(default_factory=dict)


class Sum(Document):
    total: float


class CountSettings(Settings):
    seed: int = 0
    factor: float = 1.0


TETRAHEDRON = Mesh(
    np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1 / 3]]), np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
)


def read_source(path: Path, settings: CountSettings) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(
        text=text,
        places=tuple(Place(name=word, depth_mm=len(word) / 3) for word in text.split()),
        shapes={"first": TETRAHEDRON, "second": TETRAHEDRON},
        arrays={"codes": np.array([ord(c) for c in text], np.int32) * int(settings.factor)},
    )


def add_up(sources: tuple[Source, ...], settings: CountSettings) -> Sum:
    return Sum(
        total=settings.factor * float(sum(s.arrays["codes"].sum() for s in sources)), arrays={"one": np.ones((2, 3))}
    )


def double(total: Sum, settings: CountSettings) -> Sum:
    return Sum(total=2 * total.total + settings.seed)
