"""From regions of loss to one finding: kind, surfaces, figures, evidence in sentences, and whether to restore."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Tooth

from .classify import kind_of, shape_of, surfaces_of
from .compare import Comparison
from .document import Finding, Kind, Measure
from .fit import CrownFit, closure
from .measure import Extent, extent
from .prior import Told
from .thresholds import threshold


@dataclass(frozen=True, eq=False)
class Witness:
    """Whoever says something about a tooth: its own fit, what it was told, and all fits of the mouth."""

    fit: CrownFit
    told: Told | None
    fits: dict[int, CrownFit]


def judge(
    tooth: Tooth, comparison: Comparison, labels: NDArray[np.int64], noise_mm: float, witness: Witness
) -> Finding:
    """Turn the regions of loss of one tooth into a finding.

    Parameters
    ----------
    tooth
        The tooth as found on the scan.
    comparison
        Its crown and expected form in the fitted model's frame.
    labels
        ``(n,) int``: region per crown vertex, 0 sound; at least one region.
    noise_mm
        Spread of differences on sound surface.
    witness
        What the shape model, the twin and the neighbours say.
    """
    region = labels > 0
    shapes = [shape_of(comparison, labels == i) for i in range(1, int(labels.max()) + 1)]
    shapes.sort(key=lambda s: -s.area_mm2 * s.depth_mm)
    share = float(comparison.area_mm2[region].sum() / comparison.area_mm2.sum())
    kind, why = kind_of(shapes, share, float(np.median(comparison.loss_mm[region])))
    size = extent(comparison, region, closure(tooth.fdi), noise_mm)
    surfaces = surfaces_of(tooth.fdi, comparison.expected, size.missing_points, comparison.crown.vertex_normals[region])
    restore, reason = _restore(kind, size)
    return Finding(
        fdi=tooth.fdi,
        kind=kind,
        surfaces=surfaces,
        lost_volume=size.volume,
        max_depth=size.depth,
        confidence=_confidence(size, tooth.confidence),
        evidence=(why, *_evidence(tooth.fdi, size, noise_mm, witness)),
        restore=restore,
        reason=reason,
    )


def absent(fdi: int, confidence: float) -> Finding:
    """Return the finding for a tooth that is not there."""
    nothing = Measure(value=0.0, sd=0.0, unit="mm3")
    return Finding(
        fdi=fdi,
        kind="missing",
        surfaces=(),
        lost_volume=nothing,
        max_depth=Measure(value=0.0, sd=0.0, unit="mm"),
        confidence=confidence,
        evidence=(f"No crown with the number {fdi} was found in its arch.",),
        restore=False,
        reason="A missing tooth is replaced only when that is asked for.",
    )


def _restore(kind: Kind, size: Extent) -> tuple[bool, str]:
    limit_mm = threshold("restore_depth", kind)
    depth = size.depth.value
    if kind == "prepared":
        return True, "The tooth is prepared and waits for a restoration."
    if depth >= limit_mm:
        return True, f"{depth:.2f} mm lost; rebuilding is proposed from {limit_mm:.2f} mm ({kind})."
    return False, f"{depth:.2f} mm lost; below the {limit_mm:.2f} mm from which rebuilding is proposed ({kind})."


def _confidence(size: Extent, number_confidence: float) -> float:
    """How far the depth stands out of its uncertainty, as 0 to 1, times the certainty of the tooth's number."""
    from scipy.stats import norm

    margin = (size.depth.value - 0.5 * threshold("seed_depth")) / max(size.depth.sd, 1e-6)
    return float(np.clip(norm.cdf(margin) * number_confidence, 0.0, 1.0))


def _evidence(fdi: int, size: Extent, noise_mm: float, witness: Witness) -> list[str]:
    said = [
        f"The shape model fits {witness.fit.inlier:.0%} of the remaining surface within {witness.fit.rms_mm:.2f} mm; "
        f"the rest lies up to {size.depth.value:.2f} mm inside (noise of sound surface {noise_mm:.2f} mm)."
    ]
    told = witness.told
    if told is None:
        return [*said, "No other tooth was asked."]
    if told.twin is not None:
        twin = witness.fits[told.twin]
        ratio = np.exp(witness.fit.log_size - twin.log_size)
        said.append(f"The mirror twin {told.twin} is sound and {_percent(ratio)}; its form was taken into account.")
    else:
        said.append("The mirror twin is absent or not sound, so it was not asked.")
    if told.neighbours:
        size_there = np.exp(told.prior.log_size)
        said.append(
            f"{told.neighbours} other sound teeth suggest a crown {size_there:.2f} times the mean size of a {fdi}; "
            f"the fit takes {np.exp(witness.fit.log_size):.2f}."
        )
    return said


def _percent(ratio: float) -> str:
    if abs(ratio - 1) < 0.005:
        return "of the same size"
    return f"{abs(1 / ratio - 1):.0%} {'smaller' if ratio > 1 else 'larger'}"
