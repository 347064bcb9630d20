"""The colours of the report and its stills, read from one file."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oral_architect.teeth.fdi import is_left

Colours = NDArray[np.float64]


@cache
def palette() -> dict[str, Any]:
    """Return the palette file as it is; the report page gets the same."""
    text = (files(__package__) / "palette.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def colour(name: str) -> Colours:
    """Return one named colour, ``(3,) float``, sRGB 0 to 1."""
    return _rgb(palette()[name])


def tooth_colour(fdi: int) -> Colours:
    """Return a tooth's own colour, ``(3,) float``, sRGB 0 to 1; 0 is gingiva; milk teeth are paler."""
    if fdi == 0:
        return colour("gingiva")
    if fdi % 10 == 9:
        return colour("supernumerary")
    shade = _rgb(palette()["teeth"][fdi % 10 - 1])
    if fdi // 10 >= 5:
        shade = shade + (1 - shade) * palette()["deciduous_white"]
    return shade * palette()["left_factor"] if is_left(fdi) else shade


def loss_colours(fraction: ArrayLike) -> Colours:
    """Return the heat colour of each loss, ``(n, 3) float``; 0 is no loss, 1 the end of the scale."""
    stops = np.array([_rgb(c) for c in palette()["loss"]])
    at = np.clip(np.asarray(fraction, dtype=float), 0, 1) * (len(stops) - 1)
    return np.stack([np.interp(at, np.arange(len(stops)), stops[:, i]) for i in range(3)], axis=-1)


def _rgb(text: str) -> Colours:
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255
