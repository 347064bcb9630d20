"""Colour differences: CIEDE2000 and CIELAB, and what people see or accept."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oral_architect.reference import Row, find

Floats = NDArray[np.float64]


def de00(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return CIEDE2000 colour differences of CIELAB colours ``(…, 3)``, all weights one.

    Luo, Cui, Rigg, Color Res Appl 2001;26:340; Sharma, Wu, Dalal, Color Res Appl 2005;30:21.
    """
    from skimage.color import deltaE_ciede2000

    # scikit-image takes pairs; given one colour and many it answers wrongly without a word
    pairs = np.broadcast_arrays(np.asarray(first, float), np.asarray(second, float))
    found = deltaE_ciede2000(*pairs)  # type: ignore[no-untyped-call]
    return np.asarray(found, dtype=np.float64)


def de_ab(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return CIELAB colour differences, the distance of two colours ``(…, 3)``."""
    return np.asarray(np.linalg.norm(np.asarray(first, float) - np.asarray(second, float), axis=-1))


def perceptibility() -> Row:
    """The CIEDE2000 difference half of all people see."""
    return find("clinical_limits", group="colour", quantity="de00_perceptibility")


def acceptability() -> Row:
    """The CIEDE2000 difference half of all people accept."""
    return find("clinical_limits", group="colour", quantity="de00_acceptability")
