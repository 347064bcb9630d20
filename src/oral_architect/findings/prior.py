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
COVER_FLOOR_MM = 0.25
"""Smallest standard deviation of the height of the gingival edge, however much the other teeth agree."""
STRANGE_SDS = 2.5
"""A fit this many standard deviations from what the others say is not believed when they are asked again."""
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
    sound -= _strange(fits, sound)
    cover = _cover(fits, sound)
    likeness = twin_likeness(fits, sound)
    return {tooth: _told(tooth, fits, sound, likeness, cover) for tooth in fits}


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


def _told(tooth: int, fits: dict[int, CrownFit], sound: set[int], likeness: float, cover: tuple[float, float]) -> Told:
    base = population_prior(tooth)
    others = tuple(sorted(t for t in sound if t != tooth))
    log_size, sd = _size(tooth, others, fits)
    twin = mirror(tooth) if mirror(tooth) in sound else None
    mean, variance = base.coefficients, base.coefficient_variance
    if twin is not None:
        spread = np.diag(fits[twin].covariance)[7:]
        mean = likeness * fits[twin].coefficients
        variance = 1 - likeness**2 + likeness**2 * np.minimum(spread, 1.0)
    return Told(Prior(mean, variance, log_size, sd, *cover), twin, len(others))


def _strange(fits: dict[int, CrownFit], sound: set[int]) -> set[int]:
    """Teeth whose fit disagrees with the others in size or in how much of them the gingiva leaves free.

    A crown slid onto a stump agrees with what is left of the tooth; only the rest of the mouth gives it away.
    """
    if len(sound) < 4:
        return set()
    middle, spread = _cover(fits, sound)
    strange = {t for t in sound if abs(fits[t].cover_mm - middle) > STRANGE_SDS * spread}
    for tooth in sorted(sound - strange):
        size, sd = _size(tooth, tuple(sorted(sound - strange - {tooth})), fits)
        if abs(fits[tooth].log_size - size) > STRANGE_SDS * float(np.hypot(sd, 0.02)):
            strange.add(tooth)
    return strange


def _cover(fits: dict[int, CrownFit], sound: set[int]) -> tuple[float, float]:
    """Middle and spread (median, scaled median deviation) of the gingival cover of sound teeth, mm."""
    if len(sound) < 4:
        base = Prior(np.zeros(0), np.zeros(0), 0.0, 1.0)
        return base.cover_mm, base.cover_sd_mm
    values = np.array([fits[t].cover_mm for t in sorted(sound)])
    middle = float(np.median(values))
    return middle, max(1.4826 * float(np.median(np.abs(values - middle))), COVER_FLOOR_MM)


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
