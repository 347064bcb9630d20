"""Pictograms of teeth for charts: crown and root from the cheek, the chewing surface from above; our own drawings.

Every shape is drawn for a tooth of the patient's upper right: the cheek is up, mesial is to the right. The cheek view
has its neck at y = 0, the crown below and the root above; the chewing view has its centre at 0, 0. Forms are written
in a unit box (x in half widths, y in heights) and stretched to the kind of tooth, so that a row reads as one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from oral_architect.teeth.fdi import jaw_of


@dataclass(frozen=True)
class ToothShape:
    """SVG paths of one kind of tooth."""

    crown: str
    root: str
    chewing: str
    """Outline from the chewing side."""
    relief: str
    """Edges and fissures on it."""
    half_width: float
    crown_height: float
    root_height: float
    half_depth: float


SUPERNUMERARY = 9
HALF_WIDTHS = {
    "upper": (15.5, 11.5, 13.5, 12.5, 12.0, 18.5, 17.5, 15.0),
    "lower": (9.0, 10.0, 12.0, 12.0, 12.5, 19.0, 18.0, 16.0),
}
MILK_HALF_WIDTHS = {"upper": (12.0, 9.5, 12.0, 14.5, 17.0), "lower": (8.0, 9.0, 11.0, 15.0, 18.0)}

CROWNS = {
    "incisor": "M-.66 0C-.74 .3 -1 .5 -1 .84C-1 1 -.75 1 -.5 1L.75 1Q1 1 1 .86C1 .5 .74 .3 .66 0Q0 -.18 -.66 0Z",
    "canine": (
        "M-.66 0C-.74 .25 -1 .4 -1 .64C-1 .76 -.3 .92 .02 .985Q.1 1 .18 .985"
        "C.4 .92 1 .76 1 .62C1 .4 .74 .25 .66 0Q0 -.2 -.66 0Z"
    ),
    "premolar": (
        "M-.68 0C-.76 .25 -1 .4 -1 .66C-1 .86 -.55 .88 -.22 .97Q0 1.03 .22 .97"
        "C.55 .88 1 .86 1 .66C1 .4 .76 .25 .68 0Q0 -.18 -.68 0Z"
    ),
    "molar": (
        "M-.76 0C-.82 .25 -1 .35 -1 .64C-1 .9 -.72 1 -.5 1C-.3 1 -.14 .86 0 .86C.14 .86 .3 1 .5 1"
        "C.72 1 1 .9 1 .64C1 .35 .82 .25 .76 0Q.38 -.17 0 -.07Q-.38 -.17 -.76 0Z"
    ),
    "peg": "M-.72 0C-.9 .3 -1 .45 -.8 .68Q-.35 1 0 1Q.35 1 .8 .68C1 .45 .9 .3 .72 0Q0 -.18 -.72 0Z",
}
ROOTS = {
    "single": "M-.67 0C-.67 -.4 -.42 -.85 -.23 -.97Q-.13 -1.02 -.03 -.96C.27 -.8 .64 -.4 .67 0",
    "double": (
        "M-.76 0C-.76 -.35 -.82 -.75 -.65 -.95Q-.53 -1.06 -.44 -.9C-.23 -.62 -.18 -.34 0 -.32"
        "C.18 -.34 .2 -.62 .26 -.9Q.35 -1.06 .49 -.95C.7 -.75 .76 -.35 .76 0"
    ),
}
CHEWING = {
    "incisor": "M-1 -.08C-.9 -.8 -.5 -1 0 -1C.5 -1 .9 -.8 1 -.08C.85 .5 .45 1 0 1C-.45 1 -.85 .5 -1 -.08Z",
    "canine": "M-1 0C-.85 -.65 -.4 -1 .08 -1C.5 -1 .9 -.6 1 0C.85 .6 .45 1 0 1C-.45 1 -.85 .6 -1 0Z",
    "oval": "M-1 0C-1 -.62 -.62 -1 0 -1C.62 -1 1 -.62 1 0C1 .62 .62 1 0 1C-.62 1 -1 .62 -1 0Z",
    "upper molar": (
        "M-.72 -.92Q-.1 -1.04 .6 -1Q1 -.9 1 -.4Q1 .3 .75 .9Q.2 1.06 -.45 .96Q-.86 .9 -.92 .4Q-1 -.1 -1 -.5"
        "Q-1 -.86 -.72 -.92Z"
    ),
    "lower molar": "M-1 0C-1 -.72 -.72 -1 0 -1C.72 -1 1 -.72 1 0C1 .72 .72 1 0 1C-.72 1 -1 .72 -1 0Z",
}
RELIEFS = {
    "incisor": "M-.78 -.13Q0 -.65 .78 -.13M-.3 .55Q0 .25 .3 .55",
    "canine": "M-.72 0L.08 -.36L.72 0M.08 -.36L0 .5",
    "upper premolar": "M-.5 .06L.5 .06M-.68 -.26L-.5 .06L-.68 .34M.68 -.26L.5 .06L.68 .34",
    "lower premolar": "M-.6 -.05Q0 .62 .6 -.05M0 .3L0 .6",
    "upper molar": "M.68 -.1L.02 -.04L-.06 -.72M-.7 -.1L-.38 .12Q-.22 .4 -.2 .74M.02 -.04L-.38 .12",
    "lower molar": ("M-.72 0L-.36 .1L0 -.04L.36 .06L.72 -.04M.3 -.72L.18 .01M-.02 -.02L-.02 .72M-.36 .1L-.46 -.66"),
    "peg": "M-.3 0L.3 0M0 -.3L0 .3",
}


@cache
def shape_of(fdi: int) -> ToothShape:
    """Return the pictogram of a tooth: its kind, permanent or deciduous, or a peg for a supernumerary one."""
    k, jaw = fdi % 10, jaw_of(fdi)
    if k == SUPERNUMERARY:
        return _shape(("peg", "single", "oval", "peg"), 8.5, 27, 28, 9)
    milk = fdi // 10 >= 5
    w = (MILK_HALF_WIDTHS if milk else HALF_WIDTHS)[jaw][k - 1]
    if k <= 2:
        return _shape(("incisor", "single", "incisor", "incisor"), w, *((26, 28) if milk else (38, 42)), 5 + 0.42 * w)
    if k == 3:
        return _shape(("canine", "single", "canine", "canine"), w, *((29, 30) if milk else (40, 52)), 0.5 + 0.95 * w)
    if k <= 5 and not milk:
        return _shape(("premolar", "single", "oval", f"{jaw} premolar"), w, 33, 42, 15.5 if jaw == "upper" else 13.5)
    high = (24, 28) if milk else (30, 38 - 3 * (k - 6))
    return _shape(("molar", "double", f"{jaw} molar", f"{jaw} molar"), w, *high, 16.5 if jaw == "upper" else 15.0)


def _shape(forms: tuple[str, str, str, str], w: float, h: float, r: float, d: float) -> ToothShape:
    crown, root, chewing, relief = forms
    return ToothShape(
        crown=_stretched(CROWNS[crown], w, h),
        root=_stretched(ROOTS[root], w, r),
        chewing=_stretched(CHEWING[chewing], w, d),
        relief=_stretched(RELIEFS[relief], w, d),
        half_width=w,
        crown_height=h,
        root_height=r,
        half_depth=d,
    )


def _stretched(form: str, across: float, down: float) -> str:
    """A path of absolute coordinate pairs, stretched along x and y."""
    return re.sub(
        r"(-?[\d.]+) (-?[\d.]+)",
        lambda pair: f"{_short(float(pair[1]) * across)} {_short(float(pair[2]) * down)}",
        form,
    )


def _short(value: float) -> str:
    told = f"{value:.1f}".removesuffix(".0")
    return "0" if told == "-0" else told
