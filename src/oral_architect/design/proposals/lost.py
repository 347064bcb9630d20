"""Seeing what is lost of a tooth: where it lies deeper than the form that all the rest of the mouth speaks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from oral_architect.findings.fit import sample
from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

from .evidence import Evidence, Lost, remains
from .posterior import Belief, infer

Floats = NDArray[np.float64]

LOST_MM = 0.25
"""Depth inside the form from which a remaining point is taken for loss after all."""
NECK_SHARE = 0.5
"""The lower share of a crown's height is heard: teeth are worn and eroded from the top."""
LEAST_FACES = 60
"""Less surface says nothing."""


def find_lost(belief: Belief, evidence: Sequence[Evidence], crown: Mesh) -> Mask:
    """Tell which vertices of a scanned crown lie under a loss, ``(n,) bool``.

    The form is inferred from the mouth and the neck, the top of the crown saying only what it must at least reach.
    What then lies inside it is not relied on. Once is enough: heard again, a broad thin loss passes for a smaller
    tooth, for the form bends toward what is believed of it.

    Parameters
    ----------
    belief
        What is believed of the tooth beforehand.
    evidence
        What the rest of the mouth says.
    crown
        Its scanned surface in the frame of the belief, mm.
    """
    low, high = np.quantile(crown.vertices[:, 2], [0.02, 0.98])
    top = crown.vertices[:, 2] > low + NECK_SHARE * (high - low)
    stand = infer(belief, [*evidence, *_as_evidence(crown, np.asarray(top))]).stand
    return np.asarray(_mean_around(crown, Surface(stand.wall()).signed_distance_mm(crown.vertices)) < 0)


def _as_evidence(crown: Mesh, unsure: Mask) -> list[Evidence]:
    """The neck as it is, the rest as a lower bound."""
    over = np.asarray(unsure[crown.faces].any(axis=1))
    out: list[Evidence] = []
    neck, bare = crown.part(~over)[0], crown.part(over)[0]
    if len(neck.faces) >= LEAST_FACES:
        out.append(remains(neck, sample(neck, border_mm=0.15), LOST_MM))
    if len(bare.faces) >= LEAST_FACES:
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
