"""One sentence that says how a proposal differs from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Transform
from oral_architect.geometry.closest import Surface

from .document import Proposal

Floats = NDArray[np.float64]

WORTH_SAYING_MM = 0.05


def difference(this: Proposal, first: Proposal, to_patient: Transform, up: Floats) -> str:
    """Say how a form differs from the first: size along the tooth's directions, and how far apart they lie."""
    axes = to_patient[:3, :3]
    own, other = (p.outer.vertices[~p.closed] @ axes for p in (this, first))
    wide = [float(np.ptp(own[:, i]) - np.ptp(other[:, i])) for i in (0, 1)]
    high = float(own[:, 2].max() - other[:, 2].max())
    said = [
        f"{abs(value):.1f} mm {more if value > 0 else less}"
        for value, more, less in (
            (wide[0], "wider", "narrower"),
            (wide[1], "thicker from cheek to tongue", "thinner from cheek to tongue"),
            (high, "higher", "lower"),
        )
        if abs(value) >= WORTH_SAYING_MM
    ]
    away = np.abs(Surface(first.outer).signed_distance_mm(this.outer.vertices[~this.closed]))
    size = ", ".join(said) if said else "as large"
    return f"Against the {first.name} form: {size}; on average {float(away.mean()):.2f} mm apart."
