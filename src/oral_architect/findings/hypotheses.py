"""Two readings of the same crown, whole or damaged, and which of them is the more believable.

Started coarsely, the shape model bends toward whatever is there and may take a stump for a small tooth. Started from
what the rest of the mouth says and kept strict, it takes what lies inside for loss. Both are fitted; the one with
the lower cost is kept, where loss has a bounded price and odd shapes, sizes and gum lines have an ever rising one.
"""

from __future__ import annotations

import numpy as np

from oral_architect.geometry.closest import Surface

from .fit import PATCHES, RESIDUAL_RANGE_MM, SCHEDULE, CrownFit, Prior, Samples, fit_crown

STRICT = ((0, 0.7), (0, 0.5), (0, 0.4), (0, 0.35), (6, 0.3), (6, 0.3), (15, 0.25), (15, 0.25), (50, 0.2), (50, 0.2))
"""Steps of the strict reading: modes in use, and the depth (mm) from which a point inside is distrusted."""
PRICE_INSIDE, PRICE_OUTSIDE = 0.4, 4.0
"""Most a patch of surface may cost (nats) when it lies inside the expected crown, and outside. Loss comes in one piece,
so its patches are not independent surprises; surface that sticks out has no such excuse."""


def best_fit(fdi: int, data: Samples, prior: Prior, coarse: CrownFit) -> CrownFit:
    """Fit a tooth under both readings and return the more believable.

    Parameters
    ----------
    fdi
        Permanent tooth number.
    data
        Its surface points in the starting frame.
    prior
        What the rest of the mouth says about it.
    coarse
        Its fit before anyone was asked.
    """
    bent = fit_crown(fdi, data, prior, start=coarse, schedule=SCHEDULE[-4:])
    strict = fit_crown(fdi, data, prior, schedule=STRICT)
    misfit_mm = float(np.clip(1.5 * max(bent.rms_mm, strict.rms_mm), *RESIDUAL_RANGE_MM))
    return min((bent, strict), key=lambda f: cost(f, data, prior, misfit_mm))


def cost(fit: CrownFit, data: Samples, prior: Prior, misfit_mm: float) -> float:
    """Negative log posterior of a fit, nats, up to a constant; a patch's share is bounded.

    Parameters
    ----------
    fit
        The fit to be judged.
    data
        Points it was made from.
    prior
        What was believed before.
    misfit_mm
        Misfit of a sound crown, the same for all fits that are compared.
    """
    outside_mm = Surface(fit.mesh()).signed_distance_mm(data.points)
    price = np.where(outside_mm < 0, PRICE_INSIDE, PRICE_OUTSIDE)
    patches = PATCHES * float(data.weights @ np.minimum(outside_mm**2 / (2 * misfit_mm**2), price))
    form = float(((fit.coefficients - prior.coefficients) ** 2 / prior.coefficient_variance).sum())
    size = ((fit.log_size - prior.log_size) / prior.log_size_sd) ** 2
    cover = ((fit.cover_mm - prior.cover_mm) / prior.cover_sd_mm) ** 2
    return patches + (form + size + cover) / 2
