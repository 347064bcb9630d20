"""Give teeth the numbers a person says they have, and the teeth beside them theirs in turn."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from scipy.spatial import cKDTree

from oral_architect.teeth.fdi import Jaw, arch, jaw_of

from .document import Landscape

TOUCHING_MM = 1.0
"""Crowns this near each other stand side by side, so that their numbers follow each other."""
SLIVER = 0.3
"""What is smaller than this share of the tooth that has its number is no tooth."""
_NUMBERED = re.compile(r"(\w+_)(\d\d)$")


def numbers_beside(landscape: Landscape, was: int, now: int) -> dict[int, int]:
    """Return the numbers of a jaw's teeth once one of them is known: old number to new.

    From that tooth outward each tooth follows the one before: directly where their crowns touch, else by the gap that
    was between their numbers. Teeth for which the row has no place left are not in the answer.

    Parameters
    ----------
    was, now
        The tooth's number in the landscape, and the one it has.
    """
    jaw = jaw_of(now)
    row = arch(jaw)
    place = {t.fdi: row.index(t.fdi) for t in landscape.teeth if t.fdi in row}
    if was == now or was not in place:
        return {**{fdi: fdi for fdi in place}, was: now}
    if now in place and landscape.crown(now).area_mm2 < SLIVER * landscape.crown(was).area_mm2:
        del place[now]  # a part of the tooth itself that was read as another
    trees = {fdi: cKDTree(landscape.crown(fdi).vertices) for fdi in place}
    numbers = {was: now}
    for way in (1, -1):
        before, at = was, row.index(now)
        beyond = sorted((f for f in place if (place[f] - place[was]) * way > 0), key=lambda f: way * place[f])
        for fdi in beyond:
            away, _ = trees[before].query(landscape.crown(fdi).vertices, workers=1)
            at += way * (1 if np.min(away) < TOUCHING_MM else abs(place[fdi] - place[before]))
            if not 0 <= at < len(row):
                break
            numbers[fdi], before = row[at], fdi
    return numbers


def renumbered(landscape: Landscape, jaw: Jaw, numbers: Mapping[int, int]) -> Landscape:
    """Return the landscape with other numbers on a jaw's teeth; a tooth of that jaw without a new one is left out.

    Contacts of the bite are not renumbered.
    """

    def new(fdi: int) -> int | None:
        return numbers.get(fdi) if jaw_of(fdi) == jaw else fdi

    def key(name: str) -> str | None:
        found = _NUMBERED.match(name)
        if found is None:
            return name
        fdi = new(int(found.group(2)))
        return None if fdi is None else f"{found.group(1)}{fdi}"

    table = np.zeros(100, dtype=np.int16)
    for was, now in numbers.items():
        table[was] = now
    labels = landscape.arrays[f"labels_{jaw}"]
    arrays = {to: array for name, array in landscape.arrays.items() if (to := key(name)) is not None}
    shapes = {to: mesh for name, mesh in landscape.shapes.items() if (to := key(name)) is not None}
    arches = tuple(
        one.model_copy(update={"teeth": tuple(sorted(f for t in one.teeth if (f := new(t)) is not None))})
        for one in landscape.arches
    )
    teeth = tuple(t.model_copy(update={"fdi": f}) for t in landscape.teeth if (f := new(t.fdi)) is not None)
    marks = tuple(m.model_copy(update={"fdi": f}) for m in landscape.landmarks if (f := new(m.fdi)) is not None)
    measures = tuple(
        m if m.fdi is None else m.model_copy(update={"fdi": f})
        for m in landscape.measures
        if (f := 0 if m.fdi is None else new(m.fdi)) is not None
    )
    return landscape.model_copy(
        update={
            "arrays": {**arrays, f"labels_{jaw}": table[labels].astype(labels.dtype)},
            "shapes": shapes,
            "arches": arches,
            "teeth": teeth,
            "landmarks": marks,
            "measures": measures,
        }
    )
