"""Put braces, aligner attachments and restorations on some of a phantom's teeth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oral_architect.errors import StageError
from oral_architect.geometry.mesh import Mesh
from oral_architect.teeth import fdi as numbers

from .attached import Kind, attach
from .placed_tooth import DrawnArch, PlacedTooth
from .restored import restored

Rng = np.random.Generator

BRACED_RATE = 0.05
"""Share of grown arches with brackets and tubes."""
LINGUAL_SHARE = 0.1
"""Share of those whose braces are on the tongue's side."""
ALIGNED_RATE = 0.05
"""Share of grown arches with aligner attachments on some teeth."""
RESTORED_RATE = 0.15
"""Share of arches with one to four restored crowns."""


def dressed(arch: DrawnArch, crowns: dict[int, Mesh], rng: Rng) -> dict[int, Mesh]:
    """Return the crowns of an arch (LPS), some of them with braces, attachments or a restoration.

    Parameters
    ----------
    arch
        The drawn arch.
    crowns
        Closed crowns by FDI, intact or harmed, LPS, mm.
    rng
        Source of chance.
    """
    out = dict(crowns)
    through = [t for t in arch.present if not t.sunk_mm and t.fdi in crowns]
    grown = [t for t in through if t.in_row and numbers.is_permanent(t.fdi) and numbers.position(t.fdi) <= 7]
    fate = rng.random()
    if rng.random() < RESTORED_RATE and through:
        for k in rng.permutation(len(through))[: int(rng.integers(1, 5))]:
            _change(out, through[k], lambda crown: restored(crown, rng))
    if fate < BRACED_RATE:
        lingual = bool(rng.random() < LINGUAL_SHARE)
        reach = int(rng.integers(5, 8))
        for tooth in grown:
            if numbers.position(tooth.fdi) <= reach and rng.random() < 0.95:
                kind: Kind = "tube" if numbers.is_molar(tooth.fdi) else "bracket"
                _change(out, tooth, lambda crown, kind=kind: attach(crown, kind, rng, lingual=lingual))  # type: ignore[misc]
    elif fate < BRACED_RATE + ALIGNED_RATE:
        for tooth in grown:
            if rng.random() < 0.45:
                _change(out, tooth, lambda crown: attach(crown, "attachment", rng))
    return out


def _change(crowns: dict[int, Mesh], tooth: PlacedTooth, how: Callable[[Mesh], Mesh]) -> None:
    """Change one crown in its own frame; one that cannot take it, having lost too much, stays as it is."""
    local = crowns[tooth.fdi].transformed(np.asarray(np.linalg.inv(tooth.pose), dtype=np.float64))
    try:
        changed = how(local)
    except StageError:
        return
    crowns[tooth.fdi] = changed.transformed(tooth.pose)
