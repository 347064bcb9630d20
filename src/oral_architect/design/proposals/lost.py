"""Seeing what is lost of a tooth: where it lies deeper than the form that all the rest of the mouth speaks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from oral_architect.findings.fit import sample
from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

from .evidence import Evidence, Lost, remains
from .form import Stand
from .posterior import Belief, infer

Floats = NDArray[np.float64]

LOST_MM = 0.25
"""Depth inside the form from which a remaining point is taken for loss after all."""
NECK_SHARE = 0.5
"""The lower share of a crown's height is heard first: teeth are worn and eroded from the top."""
SEEN_MM = 0.15
"""Mean depth over about a square millimetre from which surface is taken for lost."""
ROUNDS = 3
"""Times the form is inferred again from what is taken for sound."""
LEAST_FACES = 60
"""Less surface says nothing."""


def find_lost(belief: Belief, evidence: Sequence[Evidence], crown: Mesh) -> Mask:
    """Tell which vertices of a scanned crown lie under a loss, ``(n,) bool``.

    Parameters
    ----------
    belief
        What is believed of the tooth beforehand.
    evidence
        What the rest of the mouth says.
    crown
        Its scanned surface in the frame of the belief, mm.
    """
    height = crown.vertices[:, 2]
    middle = float(np.quantile(height, 0.02) + NECK_SHARE * np.ptp(np.quantile(height, [0.02, 0.98])))
    unsure = height > middle
    lost = unsure
    stand: Stand | None = None
    for _ in range(ROUNDS):
        stand = infer(belief, [*evidence, *_as_evidence(crown, lost, speak=stand is not None)], stand).stand
        wall = Surface(stand.wall())
        lost = _mean_around(crown, wall.signed_distance_mm(crown.vertices)) < -SEEN_MM
    return np.asarray(lost)


def _as_evidence(crown: Mesh, lost: Mask, *, speak: bool) -> list[Evidence]:
    """The sound part as it is, and, once it is known for one, the loss as a lower bound."""
    over = np.asarray(lost[crown.faces].any(axis=1))
    out: list[Evidence] = []
    sound = crown.part(np.asarray(~over))[0]
    if len(sound.faces) >= LEAST_FACES:
        out.append(remains(sound, sample(sound, border_mm=0.15), LOST_MM))
    bare = crown.part(over)[0]
    if speak and len(bare.faces) >= LEAST_FACES:
        out.append(Lost(sample(bare), bare.area_mm2))
    return out


def _mean_around(mesh: Mesh, values: Floats, rounds: int = 6) -> Floats:
    """Average over the neighbourhood, so that single points decide nothing."""
    edges, _ = mesh.edge_table
    both = np.concatenate([edges, edges[:, ::-1]])
    count = np.maximum(np.bincount(both[:, 0], minlength=len(values)), 1)
    for _ in range(rounds):
        around = np.bincount(both[:, 0], weights=values[both[:, 1]], minlength=len(values)) / count
        values = 0.5 * values + 0.5 * around
    return values
