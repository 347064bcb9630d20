"""Score tooth labels of one arch against the truth, as the 3DTeethSeg'22 challenge does and more strictly.

The challenge's own figures (its public evaluation code, as described with Ben-Hamadou et al., arXiv 2305.18277):

* TSA, share of vertices rightly called tooth or gingiva (the micro-averaged F1 of two classes).
* TLA, ``exp(-mean over true teeth of |(true centroid - found centroid) / size|)``, with ``size`` per axis the root of
  the *sum* of squared distances of the tooth's vertices to its centroid. A tooth without a partner adds ``5 |size|``,
  which on a dense mesh takes the whole arch to almost nothing.
* TIR, share of the *paired* teeth that lie near (normalised distance below 0.5) and have the right number.

The strict ones do not depend on mesh density, pose or unit: size is twice the root *mean* square distance, a tooth
without a partner adds 5, and TIR counts over all true teeth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]

BAND_MM = 0.5
"""Half width of the band in which boundaries are judged."""
NEAR = 0.5
"""Normalised centroid distance below which a found tooth stands where the true one does."""
UNPAIRED = 5.0
"""What a tooth without a partner adds to the distance, in sizes."""
MEANS = ("accuracy", "mean_iou", "boundary_iou", "tsa", "tla", "tir", "strict_tla", "strict_tir", "tooth_f1")
"""Figures of an arch that are averaged over arches."""


@dataclass(frozen=True)
class ArchScore:
    """How well one arch was labelled; shares from 0 to 1."""

    accuracy: float
    mean_iou: float
    boundary_iou: float
    tsa: float
    tla: float
    tir: float
    strict_tla: float
    strict_tir: float
    tooth_f1: float
    iou: dict[int, float]
    """Intersection over union of each true number and of gingiva, 0."""
    missing: tuple[int, ...]
    """True numbers that were not told."""
    extra: tuple[int, ...]
    """Numbers told that are not there."""
    teeth: int
    found: int
    """True teeth that one told tooth covers with an intersection over union of at least a half."""
    misnumbered: int
    """Found teeth with a wrong number."""


def vertex_labels(
    faces: NDArray[np.integer[Any]], face_label: Labels, vertices: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each vertex the label most of its faces hold; a tie goes to the smaller number.

    Returns
    -------
    (n,) int, (n,) bool
        Labels, and which vertices any face uses.
    """
    classes, index = np.unique(face_label, return_inverse=True)
    count = np.bincount(
        faces.ravel().astype(np.int64) * len(classes) + np.repeat(index, 3), minlength=vertices * len(classes)
    ).reshape(vertices, len(classes))
    return classes[count.argmax(1)].astype(np.int64), count.sum(1) > 0


def face_labels(faces: NDArray[np.integer[Any]], labels: Labels) -> NDArray[np.int64]:
    """Give each face the label at least two of its corners hold; of three different ones the smallest."""
    at = np.sort(labels[faces].astype(np.int64), axis=1)
    return np.where(at[:, 1] == at[:, 2], at[:, 1], at[:, 0])


def boundary_band(
    vertices: NDArray[np.float64], faces: NDArray[np.integer[Any]], face_label: Labels, band_mm: float = BAND_MM
) -> NDArray[np.bool_]:
    """Mark the faces that come within a distance of an edge between differently labelled faces, ``(m,) bool``."""
    from scipy.spatial import cKDTree

    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    owner = np.repeat(np.arange(len(faces)), 3)
    order = np.lexsort((owner, edges[:, 1], edges[:, 0]))
    edges, owner = edges[order], owner[order]
    split = (edges[1:] == edges[:-1]).all(1) & (face_label[owner[1:]] != face_label[owner[:-1]])
    a, b = (vertices[edges[1:][split][:, k]] for k in range(2))
    if len(a) == 0:
        return np.zeros(len(faces), dtype=bool)
    steps = max(2, int(np.ceil(np.linalg.norm(b - a, axis=1).max() / 0.05)) + 1)
    along = np.linspace(0, 1, steps)[None, :, None]
    seam = (a[:, None] + (b - a)[:, None] * along).reshape(-1, 3)
    corner = vertices[faces]
    probes = np.concatenate([corner, (corner + corner[:, [1, 2, 0]]) / 2, corner.mean(1, keepdims=True)], axis=1)
    away, _ = cKDTree(seam).query(probes.reshape(-1, 3), distance_upper_bound=band_mm * (1 + 1e-7), workers=1)
    return np.asarray(np.isfinite(away).reshape(len(faces), -1).any(1))


def class_iou(true: Labels, told: Labels) -> dict[int, float]:
    """Intersection over union of each class that the truth holds."""
    return {
        int(c): float(((true == c) & (told == c)).sum() / ((true == c) | (told == c)).sum()) for c in np.unique(true)
    }


def score_arch(
    vertices: NDArray[np.float64],
    faces: NDArray[np.integer[Any]],
    truth: Labels,
    labels: Labels,
    instances: Labels | None = None,
) -> ArchScore:
    """Score the labels of one arch.

    Parameters
    ----------
    vertices, faces
        ``(n, 3) float`` in mm and ``(m, 3) int``.
    truth
        ``(m,) int``: FDI of each face, 0 gingiva.
    labels
        ``(n,) int``: what was told of each vertex.
    instances
        ``(n,) int``: which told tooth each vertex belongs to, 0 none; each number is one tooth when left out.
    """
    true, used = vertex_labels(faces, truth, len(vertices))
    band = boundary_band(vertices, faces, truth)
    edge_iou = class_iou(face_labels(faces, true)[band], face_labels(faces, labels)[band])
    points, gt, said = vertices[used], true[used], labels[used]
    pieces = _pieces(said, said if instances is None else instances[used])
    iou = class_iou(gt, said)
    tooth, called = gt != 0, said != 0
    numbers, found_numbers = set(gt[tooth].tolist()), set(said[called].tolist())
    return ArchScore(
        accuracy=float((gt == said).mean()),
        mean_iou=float(np.mean(list(iou.values()))),
        boundary_iou=float(np.mean(list(edge_iou.values()))) if edge_iou else float("nan"),
        tooth_f1=float(2 * (tooth & called).sum() / max(tooth.sum() + called.sum(), 1)),
        iou=iou,
        missing=tuple(sorted(numbers - found_numbers)),
        extra=tuple(sorted(found_numbers - numbers)),
        teeth=len(numbers),
        **_challenge(points, gt, pieces),
        **_overlaps(gt, pieces),
    )


def summary(scores: Sequence[ArchScore]) -> dict[str, float]:
    """Return the means over arches, the two overall scores, and the counts of teeth."""
    means = {name: float(np.nanmean([getattr(s, name) for s in scores])) for name in MEANS}
    return {
        **means,
        "score": (means["tsa"] + means["tla"] + means["tir"]) / 3,
        "strict_score": (means["tsa"] + means["strict_tla"] + means["strict_tir"]) / 3,
        "arches": len(scores),
        "teeth": sum(s.teeth for s in scores),
        "found": sum(s.found for s in scores),
        "misnumbered": sum(s.misnumbered for s in scores),
        "missing_numbers": sum(len(s.missing) for s in scores),
        "extra_numbers": sum(len(s.extra) for s in scores),
    }


def failed(truth: Labels, faces: NDArray[np.integer[Any]], vertices: int) -> ArchScore:
    """Score an arch that could not be labelled at all: nothing everywhere."""
    true, used = vertex_labels(faces, truth, vertices)
    teeth = tuple(int(t) for t in np.unique(true[used]) if t)
    nothing: dict[str, Any] = dict.fromkeys(MEANS, 0.0)
    return ArchScore(**nothing, iou={}, missing=teeth, extra=(), teeth=len(teeth), found=0, misnumbered=0)


@dataclass(frozen=True, eq=False)
class _Piece:
    """A told tooth."""

    number: int
    vertices: NDArray[np.bool_]


def _pieces(labels: Labels, instances: Labels) -> list[_Piece]:
    """Told teeth; one that holds more than one number counts as gingiva."""
    pieces = []
    for k in np.unique(instances[instances != 0]):
        own = instances == k
        numbers = np.unique(labels[own])
        if len(numbers) == 1:
            pieces.append(_Piece(int(numbers[0]), own))
    return pieces


def _challenge(points: NDArray[np.float64], true: Labels, pieces: list[_Piece]) -> dict[str, Any]:
    from scipy.optimize import linear_sum_assignment

    teeth = [int(t) for t in np.unique(true) if t]
    called = np.zeros(len(true), dtype=bool)
    for piece in pieces:
        called |= piece.vertices
    centres = np.array([points[true == t].mean(0) for t in teeth]).reshape(-1, 3)
    found = np.array([points[p.vertices].mean(0) for p in pieces]).reshape(-1, 3)
    apart = np.linalg.norm(centres[:, None] - found[None], axis=2)
    pairs = dict(zip(*(k.tolist() for k in linear_sum_assignment(apart)), strict=True))
    total = strict_total = 0.0
    near = strict_near = 0
    for i, number in enumerate(teeth):
        spread = points[true == number] - centres[i]
        size = np.sqrt((spread**2).sum(0))
        if i not in pairs:
            total += UNPAIRED * float(np.linalg.norm(size))
            strict_total += UNPAIRED
            continue
        off = centres[i] - found[pairs[i]]
        distance = float(np.linalg.norm(np.divide(off, size, out=np.where(off == 0, 0.0, np.inf), where=size > 0)))
        scale = 2 * float(np.sqrt((spread**2).sum(1).mean()))
        strict = float(np.linalg.norm(off)) / scale if scale > 0 else (0.0 if not off.any() else UNPAIRED)
        right = pieces[pairs[i]].number == number
        total += distance
        strict_total += min(strict, UNPAIRED)
        near += distance < NEAR and right
        strict_near += strict < NEAR and right
    count = max(len(teeth), 1)
    return {
        "tsa": float(((true != 0) == called).mean()),
        "tla": float(np.exp(-total / count)),
        "tir": near / len(pairs) if pairs else 0.0,
        "strict_tla": float(np.exp(-strict_total / count)),
        "strict_tir": strict_near / count,
    }


def _overlaps(true: Labels, pieces: list[_Piece]) -> dict[str, Any]:
    found = misnumbered = 0
    for number in np.unique(true[true != 0]):
        own = true == number
        best = max((((own & p.vertices).sum() / (own | p.vertices).sum(), p.number) for p in pieces), default=(0.0, 0))
        if best[0] >= 0.5:
            found += 1
            misnumbered += best[1] != number
    return {"found": int(found), "misnumbered": int(misnumbered)}
