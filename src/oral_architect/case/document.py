"""The base of every document a stage gives: plain JSON data, with its shapes and arrays beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from oral_architect.geometry import Mesh

Vector = tuple[float, float, float]
Matrix4 = tuple[tuple[float, float, float, float], ...]


class Record(BaseModel):
    """A part of a document: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Settings(BaseModel):
    """The settings of a stage; every stage run is identified by them, its inputs and its seed."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Document(BaseModel):
    """What a stage gives.

    The model's own fields are written as JSON. ``shapes`` (meshes, mm, patient frame unless said) and
    ``arrays`` are written beside it as PLY and compressed arrays; the JSON names them by key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="strings")

    shapes: SkipValidation[dict[str, Mesh]] = Field(default_factory=dict, exclude=True, repr=False)
    arrays: SkipValidation[dict[str, NDArray[Any]]] = Field(default_factory=dict, exclude=True, repr=False)


def matrix4(matrix: NDArray[np.float64]) -> Matrix4:
    """Turn a ``(4, 4)`` array into the row-major tuples documents store."""
    return tuple(tuple(float(x) for x in row) for row in matrix)  # type: ignore[misc]


def vector(point: NDArray[np.float64]) -> Vector:
    """Turn a ``(3,)`` array into the tuple documents store."""
    return (float(point[0]), float(point[1]), float(point[2]))
