"""The Gaussian that is believed of a tooth before it is looked at, and after all evidence has been heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface

from .evidence import Evidence
from .form import Stand

Floats = NDArray[np.float64]

SCHEDULE = (
    ((0, 0.8), (0, 0.5), (0, 0.4), (0, 0.3), (4, 0.3), (4, 0.2), (8, 0.15), (8, 0.1), (15, 0.08))
    + ((25, 0.05),) * 2
    + ((50, 0.03), (50, 0.02))
    + ((50, 0.0),) * 5
)
"""Coarse to fine: modes in use, and the misfit (mm) still expected of the estimate."""
LONGEST_MM = 1.5
"""Most a step may shift or (at 5 mm) turn the tooth."""
HELD = 1e12
"""Precision that holds modes not yet in use."""


@dataclass(frozen=True, eq=False)
class Belief:
    """A Gaussian over turn (rad), shift (mm), log size and coefficients, about an expected place in its own frame.

    ``sd`` ``(6,)`` of turn and shift; ``mean``, ``variance`` ``(k,)`` of the coefficients.
    """

    fdi: int
    place_sd: Floats
    log_size: float
    log_size_sd: float
    mean: Floats
    variance: Floats

    def stand(self) -> Stand:
        """The form expected before anything is looked at."""
        return Stand(self.fdi, np.eye(3), np.zeros(3), self.log_size, self.mean.copy())

    def terms(self, stand: Stand, modes: int) -> tuple[Floats, Floats]:
        """Diagonal precision and what it asks of the next step, both ``(7 + k,)``."""
        r = stand.rotation
        turn = 0.5 * np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
        away = np.concatenate([turn, stand.origin_mm, [stand.log_size - self.log_size], stand.coefficients - self.mean])
        precision = 1.0 / np.concatenate([self.place_sd**2, [self.log_size_sd**2], self.variance])
        pull = -precision * away
        precision[7 + modes :] = HELD
        pull[7 + modes :] = 0.0
        return precision, pull


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is believed after all evidence: the most probable form, and the covariance about it."""

    stand: Stand
    covariance: Floats

    def sd_mm(self, mesh: Mesh) -> Floats:
        """Standard deviation of the form along its normal at each model point, ``(1500,) mm``."""
        shift = np.moveaxis(self.stand.model.modes.astype(np.float64), 0, 2)
        rows = self.stand.answer(mesh.vertices, mesh.vertex_normals, shift)
        return np.asarray(np.sqrt(np.maximum(((rows @ self.covariance) * rows).sum(axis=1), 0.0)))


def infer(belief: Belief, evidence: Sequence[Evidence], start: Stand | None = None) -> Posterior:
    """Return the maximum a posteriori form and place of a tooth, and its covariance.

    Gauss-Newton (Nocedal and Wright, Numerical Optimization, ch. 10), all evidence linearised anew at each step, the
    shape modes let free one group after the other.

    Parameters
    ----------
    belief
        What is believed before.
    evidence
        All that is known; none is needed.
    start
        A first estimate; the belief's own otherwise.
    """
    stand = belief.stand() if start is None else start
    covariance: Floats = np.eye(stand.unknowns)
    for modes, slack_mm in SCHEDULE:
        wall = Surface(stand.wall())
        precision, pull = belief.terms(stand, modes)
        hessian, gradient = np.diag(precision), pull
        for one in evidence:
            told = one.rows(stand, wall, slack_mm)
            weighted = told.rows.T * told.precision
            hessian = hessian + weighted @ told.rows
            gradient = gradient + weighted @ told.wanted
        covariance = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
        step = covariance @ gradient
        reach = max(float(np.abs(step[3:6]).max()), 5.0 * float(np.abs(step[:3]).max()), 10 * abs(float(step[6])))
        stand = stand.moved(step * min(1.0, LONGEST_MM / max(reach, 1e-12)))
    return Posterior(stand, covariance)
