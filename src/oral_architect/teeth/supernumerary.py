"""Crowns of teeth too many: pegs, and smaller twins of incisors, premolars and molars."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

import numpy as np

from oral_architect.errors import SettingsError

from .fdi import is_left, is_supernumerary, jaw_of
from .shape_model import CrownModel, crown_model
from .warp import Target, warped

Form = Literal["conical", "lateral", "premolar", "molariform"]
FORMS: tuple[Form, ...] = get_args(Form)

_MADE_FROM: dict[tuple[Form, str], int] = {
    ("conical", "upper"): 13,
    ("conical", "lower"): 43,
    ("lateral", "upper"): 12,
    ("lateral", "lower"): 42,
    ("premolar", "upper"): 14,
    ("premolar", "lower"): 45,
    ("molariform", "upper"): 17,
    ("molariform", "lower"): 47,
}
_SIZES: dict[Form, tuple[float, float, float]] = {
    "conical": (0.62, 0.66, 0.72),
    "lateral": (0.95, 0.95, 0.95),
    "premolar": (0.88, 0.86, 0.9),
    "molariform": (0.66, 0.62, 0.8),
}
"""Size against the tooth each is made from; a choice, the sizes of teeth too many range widely."""
_PROFILES: dict[Form, tuple[tuple[float, float, float], ...]] = {
    "conical": ((0.0, 1.05, 0.95), (0.35, 1.0, 0.95), (0.7, 0.72, 0.72), (1.0, 0.4, 0.45)),
    "lateral": ((0.0, 1.0, 1.0), (1.0, 1.0, 1.0)),
    "premolar": ((0.0, 1.0, 1.0), (1.0, 0.95, 0.95)),
    "molariform": ((0.0, 1.0, 1.0), (0.4, 1.0, 1.0), (1.0, 0.85, 0.85)),
}


@cache
def supernumerary_model(fdi: int, form: Form) -> CrownModel:
    """Return a crown model of a supernumerary tooth: 19, 29, 39 or 49.

    A construction from permanent teeth; its ``arch_pose`` is that of the tooth it is made from, for it has no place of
    its own.

    Raises
    ------
    SettingsError
        When ``fdi`` or the form is not that of a supernumerary tooth.
    """
    if not is_supernumerary(fdi) or form not in FORMS:
        raise SettingsError(
            f"{fdi} {form} is not a supernumerary tooth",
            where="tooth shape model",
            todo=f"Use 19, 29, 39 or 49 with one of {', '.join(FORMS)}.",
        )
    right = _MADE_FROM[(form, jaw_of(fdi))]
    source = crown_model(right + (10 if jaw_of(fdi) == "upper" else -10) if is_left(fdi) else right)
    x, y, z = np.ptp(source.mean, axis=0) * _SIZES[form]
    target = Target(size_mm=(float(x), float(y), float(z)), neck_mm=None, profile=_PROFILES[form])
    return warped(source, fdi, target, source.arch_pose)
