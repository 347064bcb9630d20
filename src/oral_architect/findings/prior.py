"""What the mirror twin and the other teeth of a mouth say about a tooth before it is looked at again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oral_architect.teeth.fdi import mirror
from oral_architect.teeth.shape_model import size_covariance

from .fit import CrownFit, Prior, population_prior

SOUND_SHARE = 0.93
"""A tooth is called sound for its twin's sake when this share of its surface agrees with its fit."""
SIZE_FLOOR_SD = 0.012
"""Smallest standard deviation of a tooth's log size, however much the other teeth agree."""
TWIN_START, TWIN_WEIGHT = 0.5, 60.0
"""Correlation of twins assumed before a mouth is seen, and the number of coefficients that assumption counts for."""
TWIN_MODES = 15
"""Leading modes from which the likeness of twins is measured."""


@dataclass(frozen=True)
class Told:
    """A prior and where it came from."""

    prior: Prior
    twin: int | None
    """The mirror twin, when it was sound enough to be used."""
    neighbours: int
    """How many other teeth its size was judged by."""


def tell(fits: dict[int, CrownFit], doubtful: frozenset[int] = frozenset()) -> dict[int, Told]:
    """Return for each fitted tooth what the rest of its mouth says about it.

    Parameters
    ----------
    fits
        First fits of all teeth, by FDI number.
    doubtful
        Teeth that must not speak for others.
    """
    sound = {t for t, f in fits.items() if f.inlier >= SOUND_SHARE and t not in doubtful}
    likeness = twin_likeness(fits, sound)
    return {tooth: _told(tooth, fits, sound, likeness) for tooth in fits}


def twin_likeness(fits: dict[int, CrownFit], sound: set[int]) -> float:
    """Correlation of mode coefficients between sound twins of this mouth, shrunk to a middle value, 0 to 0.95."""
    across, own = TWIN_START * TWIN_WEIGHT, TWIN_WEIGHT
    for tooth in sorted(sound):
        other = mirror(tooth)
        if other < tooth and other in sound:
            a, b = fits[tooth].coefficients[:TWIN_MODES], fits[other].coefficients[:TWIN_MODES]
            across += float(a @ b)
            own += float(a @ a + b @ b) / 2
    return float(np.clip(across / own, 0.0, 0.95))


def _told(tooth: int, fits: dict[int, CrownFit], sound: set[int], likeness: float) -> Told:
    base = population_prior(tooth)
    others = tuple(sorted(t for t in sound if t != tooth))
    log_size, sd = _size(tooth, others, fits)
    twin = mirror(tooth) if mirror(tooth) in sound else None
    mean, variance = base.coefficients, base.coefficient_variance
    if twin is not None:
        spread = np.diag(fits[twin].covariance)[7:]
        mean = likeness * fits[twin].coefficients
        variance = 1 - likeness**2 + likeness**2 * np.minimum(spread, 1.0)
    return Told(Prior(mean, variance, log_size, sd), twin, len(others))


def _size(tooth: int, others: tuple[int, ...], fits: dict[int, CrownFit]) -> tuple[float, float]:
    """Log size of a tooth given the others' (conditional Gaussian), and its standard deviation."""
    cov = size_covariance((tooth, *others))
    if not others:
        return 0.0, float(np.sqrt(cov[0, 0]))
    noise = [0.01**2 + float(fits[t].covariance[6, 6]) for t in others]
    within = cov[1:, 1:] + np.diag(noise)
    gain = np.linalg.solve(within, cov[1:, 0])
    seen = np.array([fits[t].log_size for t in others])
    variance = float(cov[0, 0] - cov[0, 1:] @ gain)
    return float(gain @ seen), float(np.sqrt(max(variance, SIZE_FLOOR_SD**2)))
