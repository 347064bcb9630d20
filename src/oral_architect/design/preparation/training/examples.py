"""Cuts across prepared teeth of phantoms, with the sample of each that lies on the true finish line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from oral_architect import phantom
from oral_architect.anatomy.crowns.crown import extract_crown
from oral_architect.errors import OralArchitectError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.neighbours import k_nearest
from oral_architect.phantom.patient import Patient, PatientTooth
from oral_architect.phantom.preparation import Margin
from oral_architect.teeth.fdi import jaw_of

from ..coarse_search import cuts_around
from ..evidence import EVERY, channels
from ..fine_search import REACH_MM, STEP_MM, strip_along
from ..region import Region, region_around
from ..ring import counter_clockwise, resampled, smoothed
from ..settings import PreparationSettings

Floats = NDArray[np.float64]

TEETH = (17, 15, 13, 11, 22, 24, 26, 47, 45, 43, 41, 32, 34, 36)
"""No two side by side; other patients have the other teeth of each quadrant."""
_OTHER = {7: 6, 6: 7, 5: 4, 4: 5, 3: 2, 2: 3, 1: 1}
MARGINS: tuple[Margin, ...] = ("chamfer", "shoulder", "feather")
FACES = (60_000, 100_000, 100_000, 160_000)
SCANNERS = ("typical", "typical", "typical", "clean")
_DEEPEST_UNDERCUT_MM, _UNDERCUT_SHARE = 0.3, 0.25
_ON_SCAN_MM = 0.12
"""The true line is hidden where the scan passes farther from it than this."""
_ON_CUT_MM = 0.15
"""A cut shows the line when one of its samples comes this near to it."""
_MISSED_MM = 0.25
"""Cuts square to a line are shown around lines that miss the true one by about this much, as a first search does."""
_TILT_DEG = 5.0
"""Spread, in either direction, of the axis that is given about the true one."""
_VIEWS = 2


@dataclass(frozen=True, eq=False)
class Example:
    """Cuts around one tooth.

    Parameters
    ----------
    kind
        ``"around"`` or ``"along"``: see :mod:`..evidence`.
    seen
        ``(8, n, m)``.
    at
        ``(n,) int``: sample on the true finish line; -1 where it is hidden.
    """

    kind: str
    seen: NDArray[np.float16]
    at: NDArray[np.int64]


def examples_of(seed: int) -> list[Example]:
    """Grow a patient with fourteen preparations and cut each."""
    rng = np.random.default_rng(seed)
    patient = phantom.run(_settings(seed, rng))
    found: list[Example] = []
    for tooth in patient.teeth:
        if tooth.prepared:
            found += _of_tooth(patient, tooth, rng)
    return found


def kept_examples(seed: int, folder: Path) -> list[Example]:
    """Return the examples of a patient from ``folder``, made and written there when they are not yet."""
    file = folder / f"finish-lines-{seed}.npz"
    if not file.exists():
        arrays: dict[str, NDArray[np.generic]] = {}
        for k, one in enumerate(examples_of(seed)):
            arrays |= {f"{k}/{one.kind}/seen": one.seen, f"{k}/{one.kind}/at": one.at}
        np.savez_compressed(file, allow_pickle=False, **arrays)
    with np.load(file) as kept:
        names = [name.removesuffix("/seen") for name in kept.files if name.endswith("/seen")]
        return [Example(name.split("/")[1], kept[f"{name}/seen"], kept[f"{name}/at"]) for name in names]


def _settings(seed: int, rng: np.random.Generator) -> phantom.PhantomSettings:
    teeth = TEETH if seed % 2 else tuple({1: 2, 2: 1, 3: 4, 4: 3}[f // 10] * 10 + f % 10 for f in TEETH)
    if rng.random() < 0.5:
        teeth = tuple(f // 10 * 10 + _OTHER[f % 10] for f in teeth)
    harms = tuple(
        phantom.Harm(
            fdi=f,
            margin=MARGINS[int(rng.integers(3))],
            undercut_mm=_DEEPEST_UNDERCUT_MM * float(rng.random()) if rng.random() < _UNDERCUT_SHARE else 0.0,
        )
        for f in teeth
    )
    form = phantom.PhantomSettings().form.model_copy(update={"missing_rate": 0.0, "third_molar_rate": 0.0})
    faces, scanner = int(rng.choice(FACES)), str(rng.choice(SCANNERS))
    return phantom.PhantomSettings(seed=seed, faces=faces, harms=harms, form=form, posed=False, scanner=scanner)


def _of_tooth(patient: Patient, tooth: PatientTooth, rng: np.random.Generator) -> list[Example]:
    jaw = jaw_of(tooth.fdi)
    scan = patient.shapes[f"{jaw}_scan"]
    crown = extract_crown(scan, patient.arrays[f"labels_{jaw}"], tooth.fdi).mesh
    line = patient.arrays[f"finish_line_{tooth.fdi}"].astype(np.float64)
    try:
        return cut_examples(scan, crown, line, np.array(tooth.axes), rng)
    except OralArchitectError:
        return []


def cut_examples(scan: Mesh, crown: Mesh, finish_line: Points, axes: Floats, rng: np.random.Generator) -> list[Example]:
    """Cut one prepared tooth a few times, each time about an axis that is a little off, as a found one is.

    Parameters
    ----------
    scan, crown
        The jaw and the tooth's own part of it, mm.
    finish_line
        ``(k, 3) mm``: the true one.
    axes
        ``(3, 3)``: rows mesial, buccal, occlusal.
    rng
        Source of chance.
    """
    line, _ = resampled(finish_line, 0.05)
    on_scan = Surface(scan).nearest(line).distance_mm < _ON_SCAN_MM
    usual = PreparationSettings()
    found = []
    for _ in range(_VIEWS):
        up = axes[2] + np.tan(np.deg2rad(_TILT_DEG)) * (rng.standard_normal(2) @ axes[:2])
        region = region_around(scan, crown, up / np.linalg.norm(up), usual.hole_mm)
        cuts = cuts_around(region, usual.sections)
        found.append(_example("around", cuts.seen, cuts.points, line, on_scan))
        strip = strip_along(region, _missed(region, line, usual.spacing_mm, rng), REACH_MM)
        seen = channels(region, strip.faces, strip.out, strip.height, STEP_MM)
        found.append(_example("along", seen, strip.points[:, ::EVERY], line, on_scan))
    return found


def _example(kind: str, seen: Floats, points: NDArray[np.float64], line: Points, on_scan: NDArray[np.bool_]) -> Example:
    there = np.isfinite(points[..., 0])
    distance, of_line = np.full(points.shape[:2], np.inf), np.zeros(points.shape[:2], dtype=np.int64)
    near, index = k_nearest(line, points[there], 1, within_mm=np.inf)
    distance[there], of_line[there] = near[:, 0], index[:, 0]
    at = distance.argmin(axis=1)
    row = np.arange(len(points))
    shown = (distance[row, at] < _ON_CUT_MM) & on_scan[of_line[row, at]]
    return Example(kind, seen.astype(np.float16), np.where(shown, at, -1))


def _missed(region: Region, line: Points, spacing_mm: float, rng: np.random.Generator) -> Points:
    """A line on the scan that wanders about the true one."""
    ring, _ = resampled(line if counter_clockwise(line, region.up) else line[::-1], spacing_mm)
    ring = smoothed(ring, 2.0)
    middle = ring.mean(axis=0)
    outward = ring - middle
    outward -= (outward @ region.up)[:, None] * region.up
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    size = abs(rng.normal(0, _MISSED_MM))
    aside = 0.5 * (size * _wave(len(ring), 12, rng) + 0.05 * _wave(len(ring), 2, rng))
    ring = ring + aside[:, None] * outward + (size * _wave(len(ring), 12, rng))[:, None] * region.up
    ring, _ = resampled(region.surface.nearest(ring).points, spacing_mm)
    return smoothed(ring, 1.5)


def _wave(count: int, smooth: float, rng: np.random.Generator) -> Floats:
    found = gaussian_filter1d(rng.standard_normal(count), smooth, mode="wrap")
    return np.asarray(found / max(float(found.std()), 1e-9))
