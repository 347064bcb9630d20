"""What the standing teeth of a mouth say about one tooth: their fitted forms, sizes and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape, Tooth
from oral_architect.findings.fit import CrownFit, closure, distrust_mm, fit_crown, population_prior, sample
from oral_architect.findings.prior import SOUND_SHARE, twin_likeness
from oral_architect.findings.refine import refine
from oral_architect.geometry import Mesh, Transform
from oral_architect.teeth.fdi import arch, is_permanent, jaw_of, mirror
from oral_architect.teeth.shape_model import size_covariance

Floats = NDArray[np.float64]

REACH = 2
"""Standing teeth so many places to either side are asked, and the mirror twin."""
LEAST_POINTS = 60
"""A crown with fewer usable surface points cannot speak."""
BORDER_MM = 0.4
"""Strip along the cut edge of a crown that takes no part in a fit."""
SIZE_NOISE = 0.01
"""What a fit's own standard deviation of log size leaves out."""
UNSOUND_SIZE = 0.1
"""Further noise of the size of a tooth whose form was doubtful."""
SIZE_FLOOR_SD = 0.012
"""Smallest standard deviation of a tooth's log size, however much the others agree."""
STRANGE_SIZE = 0.30
"""Log size beyond which a fit has not found a tooth."""


@dataclass(frozen=True, eq=False)
class Witness:
    """A standing tooth and the form fitted to it."""

    tooth: Tooth
    fit: CrownFit
    to_patient: Transform
    """Its model's frame to the patient's, ``(4, 4)`` without scale; a reflection on the left."""
    sound: bool
    """Whether it may be taken at its word for form."""

    @property
    def fdi(self) -> int:
        """Tooth number."""
        return self.tooth.fdi


def ask(landscape: Landscape, fdi: int, *, reach: int = REACH, leave_out: tuple[int, ...] = ()) -> list[Witness]:
    """Fit the standing teeth near one tooth, and its twin, in the order of the arch.

    Parameters
    ----------
    landscape
        Teeth with crowns and axes.
    fdi
        The tooth to be inferred; it is not asked itself.
    reach
        How many places to either side.
    leave_out
        Teeth that must not speak, for they are harmed themselves.
    """
    row = arch(jaw_of(fdi))
    place = row.index(fdi)
    wanted = [row[i] for i in range(max(place - reach, 0), min(place + reach + 1, len(row))) if i != place]
    if mirror(fdi) not in wanted:
        wanted.append(mirror(fdi))
    standing = {t.fdi: t for t in landscape.teeth if is_permanent(t.fdi)}
    found = []
    for number in wanted:
        if number in standing and number not in leave_out:
            witness = hear(landscape, standing[number])
            if witness is not None:
                found.append(witness)
    return found


def hear(landscape: Landscape, tooth: Tooth) -> Witness | None:
    """Fit one standing tooth; ``None`` where too little of it is seen."""
    crown = landscape.shapes.get(f"crown_{tooth.fdi}")
    if crown is None or len(crown.faces) < LEAST_POINTS:
        return None
    to_local = frame_of(tooth)
    data = sample(crown.transformed(to_local), border_mm=BORDER_MM)
    if len(data.points) < LEAST_POINTS:
        return None
    fit = fit_crown(tooth.fdi, data, population_prior(tooth.fdi))
    if abs(fit.log_size) > STRANGE_SIZE:
        return None
    placed = np.eye(4)
    placed[:3, :3], placed[:3, 3] = fit.rotation, fit.origin_mm
    return Witness(tooth, fit, np.linalg.inv(to_local) @ placed, fit.inlier >= SOUND_SHARE)


def frame_of(tooth: Tooth) -> Transform:
    """Patient frame to the tooth frame found on the scan, ``(4, 4)``."""
    to_local = np.eye(4)
    to_local[:3, :3] = np.asarray(tooth.axes)
    to_local[:3, 3] = -to_local[:3, :3] @ np.asarray(tooth.centroid_mm)
    return to_local


def whole(landscape: Landscape, witness: Witness) -> Mesh:
    """The closed crown of a witness, laid over its scanned surface, patient frame.

    Where the scan shows nothing, between the teeth, it runs on as the fitted form does.
    """
    to_local = frame_of(witness.tooth)
    back = np.asarray(np.linalg.inv(to_local), dtype=np.float64)
    crown = landscape.crown(witness.fdi).transformed(to_local)
    mesh = witness.fit.mesh()
    laid, _ = refine(mesh, witness.fit.sd_mm(mesh), closure(witness.fdi), crown, distrust_mm(witness.fit))
    return laid.transformed(back)


def size_from(fdi: int, witnesses: list[Witness]) -> tuple[float, float]:
    """Log size of a tooth given those of others (conditional Gaussian), and its standard deviation."""
    others = tuple(w.fdi for w in witnesses)
    cov = size_covariance((fdi, *others))
    if not others:
        return 0.0, float(np.sqrt(cov[0, 0]))
    noise = [SIZE_NOISE**2 + float(w.fit.covariance[6, 6]) + (0.0 if w.sound else UNSOUND_SIZE**2) for w in witnesses]
    gain = np.linalg.solve(cov[1:, 1:] + np.diag(noise), cov[1:, 0])
    seen = np.array([w.fit.log_size for w in witnesses])
    variance = float(cov[0, 0] - cov[0, 1:] @ gain)
    return float(gain @ seen), float(np.sqrt(max(variance, SIZE_FLOOR_SD**2)))


def form_from(fdi: int, witnesses: list[Witness]) -> tuple[Floats, Floats, int | None]:
    """Mean and variance of the mode coefficients given the mirror twin's, and the twin where it could be asked."""
    base = population_prior(fdi)
    fits = {w.fdi: w.fit for w in witnesses}
    sound = {w.fdi for w in witnesses if w.sound}
    twin = mirror(fdi)
    if twin not in sound:
        return base.coefficients, base.coefficient_variance, None
    likeness = twin_likeness(fits, sound)
    spread = np.minimum(np.diag(fits[twin].covariance)[7:], 1.0)
    return likeness * fits[twin].coefficients, 1 - likeness**2 + likeness**2 * spread, twin


def cover_from(witnesses: list[Witness]) -> tuple[float, float]:
    """How far the gingival edge lies occlusal of the model's margin, mean and standard deviation, mm."""
    values = [w.fit.cover_mm for w in witnesses if w.sound]
    base = population_prior(11)
    if not values:
        return base.cover_mm, base.cover_sd_mm
    n, spread = len(values), float(np.std(values))
    # the mean of n values shrunk toward the population's as if that were one more
    return float(np.sum(values) / (n + 1)), float(max(0.35, np.hypot(spread, base.cover_sd_mm / (n + 1))))
