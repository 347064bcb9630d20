"""The findings stage: compare every crown with what it was, name what is lost and say why that is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape, Tooth
from oral_architect.case import Settings
from oral_architect.geometry import Mesh, Transform
from oral_architect.teeth.fdi import is_permanent

from .compare import Comparison, compare, noise_of, regions
from .document import Finding, Findings
from .fit import CrownFit, Samples, closure, distrust_mm, fit_crown, population_prior, sample
from .hypotheses import best_fit
from .judge import Witness, absent, judge
from .prior import Told, tell
from .refine import refine
from .thresholds import threshold

MIN_POINTS = 60
"""A crown with fewer usable surface points is not compared."""
BORDER_MM = 0.4
"""Strip along the cut edge of a crown that takes no part in the fit."""


class FindingsSettings(Settings):
    """How teeth are compared with their expected form.

    The stage uses no random numbers; the same landscape gives the same findings.
    """

    teeth: tuple[int, ...] = ()
    """Only these teeth are judged; empty for all. The others still serve as witnesses."""
    use_twin: bool = True
    """Whether the mirror twin and the other teeth are asked."""
    min_confidence: float = 0.3
    """Teeth whose number is less sure than this are not compared."""


@dataclass(frozen=True, eq=False)
class _Subject:
    """One crown prepared for comparison: itself and its samples in the tooth frame found on the scan."""

    tooth: Tooth
    crown: Mesh
    data: Samples
    to_local: Transform


@dataclass(frozen=True, eq=False)
class _Seen:
    """A crown against its expected form, in the fitted model's frame."""

    comparison: Comparison
    expected_sd_mm: NDArray[np.float64]
    to_model: Transform


def run(landscape: Landscape, settings: FindingsSettings | None = None) -> Findings:
    """Find what is missing on every tooth of a landscape.

    Parameters
    ----------
    landscape
        Teeth with crowns, axes and arches.
    settings
        See :class:`FindingsSettings`.

    Returns
    -------
    Findings
        Besides the documented arrays, ``arrays["defect_{fdi}"]`` ``(n,) int16`` labels the crown's vertices by
        region (0 sound), and ``arrays["expected_sd_{fdi}"]`` ``(1500,) float32, mm`` is the uncertainty of the
        expected form.
    """
    chosen = settings or FindingsSettings()
    subjects = _subjects(landscape, chosen)
    fits, told = _fits(subjects, chosen)
    seen = {fdi: _look(subjects[fdi], fit) for fdi, fit in fits.items()}
    noise_mm = _noise(seen)
    items: list[Finding] = []
    shapes: dict[str, Mesh] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for fdi, view in seen.items():
        labels = regions(view.comparison, noise_mm)
        shapes[f"expected_{fdi}"] = view.comparison.expected.transformed(
            np.asarray(np.linalg.inv(view.to_model), dtype=np.float64)
        )
        arrays[f"loss_{fdi}"] = view.comparison.loss_mm.astype(np.float32)
        arrays[f"defect_{fdi}"] = labels.astype(np.int16)
        arrays[f"expected_sd_{fdi}"] = view.expected_sd_mm.astype(np.float32)
        if labels.any() and (not chosen.teeth or fdi in chosen.teeth):
            witness = Witness(fits[fdi], told.get(fdi), fits)
            items.append(judge(subjects[fdi].tooth, view.comparison, labels, noise_mm, witness))
    items += [absent(t, arch.jaw_confidence) for arch in landscape.arches for t in arch.missing if t % 10 < 8]
    items.sort(key=lambda f: f.fdi)
    return Findings(items=tuple(items), compared=tuple(sorted(seen)), noise_mm=noise_mm, shapes=shapes, arrays=arrays)


def _subjects(landscape: Landscape, settings: FindingsSettings) -> dict[int, _Subject]:
    """Teeth that can be compared: permanent, named with some confidence, with enough surface."""
    subjects: dict[int, _Subject] = {}
    for tooth in sorted(landscape.teeth, key=lambda t: t.fdi):
        if not is_permanent(tooth.fdi) or tooth.confidence < settings.min_confidence:
            continue
        crown = landscape.shapes.get(f"crown_{tooth.fdi}")
        if crown is None or len(crown.faces) < MIN_POINTS:
            continue
        to_local = np.eye(4)
        to_local[:3, :3] = np.asarray(tooth.axes)
        to_local[:3, 3] = -to_local[:3, :3] @ np.asarray(tooth.centroid_mm)
        local = crown.transformed(to_local)
        data = sample(local, border_mm=BORDER_MM)
        if len(data.points) >= MIN_POINTS:
            subjects[tooth.fdi] = _Subject(tooth, local, data, to_local)
    return subjects


def _fits(subjects: dict[int, _Subject], settings: FindingsSettings) -> tuple[dict[int, CrownFit], dict[int, Told]]:
    """Fit every tooth on its own, then again with what the rest of the mouth says."""
    alone = {t: fit_crown(t, s.data, population_prior(t)) for t, s in subjects.items()}
    if not settings.use_twin or len(alone) < 2:
        return alone, {}
    told = tell(alone)
    return {t: best_fit(t, s.data, told[t].prior, alone[t]) for t, s in subjects.items()}, told


def _look(subject: _Subject, fit: CrownFit) -> _Seen:
    to_fit = np.eye(4)
    to_fit[:3, :3] = fit.rotation.T
    to_fit[:3, 3] = -fit.rotation.T @ fit.origin_mm
    crown = subject.crown.transformed(to_fit)
    mesh = fit.mesh()
    closed = closure(fit.fdi)
    expected, sd_mm = refine(mesh.transformed(to_fit), fit.sd_mm(mesh), closed, crown, distrust_mm(fit))
    return _Seen(compare(crown, expected, sd_mm, closed), sd_mm, to_fit @ subject.to_local)


def _noise(seen: dict[int, _Seen]) -> float:
    """Spread of differences on teeth without any large one; on all teeth when there is none such."""
    limit_mm = 2 * threshold("seed_depth")
    every = [v.comparison for v in seen.values()]
    quiet = [c for c in every if c.loss_mm[c.judged].max(initial=0.0) < limit_mm]
    return noise_of(quiet or every)
