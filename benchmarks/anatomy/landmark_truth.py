"""True landmarks of a phantom tooth, by plain geometry on its whole, noise-free, unharmed crown in its true frame.

Nothing here fits, smooths or searches a scan: tips are climbed to along the edges of the true crown, sections are cut
by rays, contacts are measured between dense samples of true crowns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.measure.places import places
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.rays import Target
from oral_architect.reference import find
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

Floats = NDArray[np.float64]
Key = tuple[str, str]

CLIMB_MM = 1.5
"""A tip or fossa farther than this from its usual vertex is another one."""
BAND_MM = 0.1
CONTACT_BAND_MM = 0.2
RIDGE_MM = 1.0
SAMPLES = 6_000


@dataclass(frozen=True, eq=False)
class TrueTooth:
    """A tooth as made, tooth frame, mm."""

    fdi: int
    frame: Floats
    """``(4, 4)``: tooth frame to LPS."""
    crown: Mesh
    """Closed."""
    margin: Floats
    """``(k, 3)``: where its surface ends and the gingiva begins on the scan, by the true labels, unordered."""

    def world(self, points: Floats) -> Floats:
        """Tooth frame to LPS."""
        return np.asarray(points @ self.frame[:3, :3].T + self.frame[:3, 3])

    def local(self, points: Floats) -> Floats:
        """LPS to tooth frame."""
        return np.asarray((points - self.frame[:3, 3]) @ self.frame[:3, :3])


def true_teeth(patient) -> dict[int, TrueTooth]:
    """All teeth of a phantom patient that have a model, by number."""
    teeth = {}
    for tooth in patient.teeth:
        if not numbers.is_permanent(tooth.fdi):
            continue
        frame = np.eye(4)
        frame[:3, :3] = np.array(tooth.axes).T
        frame[:3, 3] = tooth.centroid_mm
        crown = patient.shapes[f"intact_{tooth.fdi}"].transformed(np.linalg.inv(frame))
        margin = (_seen_margin(patient, tooth.fdi) - frame[:3, 3]) @ frame[:3, :3]
        teeth[tooth.fdi] = TrueTooth(tooth.fdi, frame, crown, margin)
    return teeth


def _seen_margin(patient, fdi: int) -> Floats:
    """Middles of the scan's edges between the tooth and gingiva by the true labels, LPS, ``(k, 3) mm``."""
    jaw = numbers.jaw_of(fdi)
    scan, labels = patient.shapes[f"{jaw}_scan"], patient.arrays[f"labels_{jaw}"]
    edges, _ = scan.edge_table
    pair = np.sort(labels[edges], axis=1)
    ends = scan.vertices[edges[(pair[:, 0] == 0) & (pair[:, 1] == fdi)]]
    back = np.linalg.inv(np.array(patient.to_scan))
    return np.asarray(ends.mean(axis=1) @ back[:3, :3].T + back[:3, 3])


def true_points(teeth: dict[int, TrueTooth]) -> dict[int, dict[Key, Floats]]:
    """True landmarks of every tooth, tooth frame, by kind and name; those that a tooth has not are left out."""
    found = {fdi: _tips(t) | _edge(t) for fdi, t in teeth.items()}
    for fdi, tooth in teeth.items():
        found[fdi] |= _facial(tooth, found[fdi])
    for jaw in ("upper", "lower"):
        present = {f: t for f, t in teeth.items() if numbers.jaw_of(f) == jaw}
        for fdi, points in _contacts(present).items():
            found[fdi] |= points
    return found


def true_widths(tooth: TrueTooth) -> tuple[float, float]:
    """Extent of the crown along the true mesial and buccal axes, mm."""
    shell = tooth.crown.vertices[~crown_model(tooth.fdi).base]
    return float(np.ptp(shell[:, 0])), float(np.ptp(shell[:, 1]))


def _tips(tooth: TrueTooth) -> dict[Key, Floats]:
    mesh = tooth.crown
    ring: list[list[int]] = [[] for _ in mesh.vertices]
    for a, b, c in mesh.faces.tolist():
        ring[a] += [b, c]
        ring[b] += [a, c]
        ring[c] += [a, b]
    found = {}
    for place in places(tooth.fdi):
        height = mesh.vertices @ (place.toward if place.kind == "cusp_tip" else -place.toward)
        at = place.row
        while True:
            best = max(ring[at], key=lambda k: height[k])
            if height[best] <= height[at]:
                break
            at = best
        if np.linalg.norm(mesh.vertices[at] - mesh.vertices[place.row]) <= CLIMB_MM:
            found[(place.kind, place.name)] = mesh.vertices[at]
    return found


def _edge(tooth: TrueTooth) -> dict[Key, Floats]:
    if not numbers.is_anterior(tooth.fdi):
        return {}
    points = tooth.crown.vertices
    found = {
        ("incisal_edge", name): points[(points @ np.array([sign, 0.0, 1.0])).argmax()]
        for name, sign in (("mesial", 1.0), ("distal", -1.0))
    }
    if numbers.position(tooth.fdi) < 3:
        half = (found[("incisal_edge", "mesial")][0] + found[("incisal_edge", "distal")][0]) / 2
        y = np.linspace(points[:, 1].min(), points[:, 1].max(), 400)
        far = np.c_[np.full(len(y), half), y, np.full(len(y), 50.0)]
        depth, _ = Target(tooth.crown).first_hit(far, np.tile([0.0, 0.0, -1.0], (len(y), 1)))
        height = 50.0 - depth
        top = np.isfinite(height) & (height > height[np.isfinite(height)].max() - BAND_MM)
        found[("incisal_edge", "midpoint")] = np.array([half, y[top].mean(), height[top].max()])
    return found


def facial_end(fdi: int, points: dict[Key, Floats]) -> Floats | None:
    """Occlusal end of the facial axis."""
    position = numbers.position(fdi)
    if position <= 5:
        key = {1: ("incisal_edge", "midpoint"), 2: ("incisal_edge", "midpoint"), 3: ("cusp_tip", "tip")}
        return points.get(key.get(position, ("cusp_tip", "buccal")))
    pair = [points.get(("cusp_tip", n)) for n in ("mesiobuccal", "distobuccal")]
    return None if pair[0] is None or pair[1] is None else (pair[0] + pair[1]) / 2


def mid_buccal_margin(margin: Floats, mesial_mm: float) -> Floats:
    """The buccal margin at a mesiodistal place."""
    buccal = buccal_margin(margin)
    return np.array([mesial_mm, *(np.interp(mesial_mm, buccal[:, 0], buccal[:, k]) for k in (1, 2))])


def shows_buccal_margin(margin: Floats, mesial_mm: float) -> bool:
    """Whether the margin is seen on the buccal side around a mesiodistal place."""
    if len(margin) < 20:
        return False
    away = margin[margin[:, 1] > margin[:, 1].mean(), 0] - mesial_mm
    return bool((away < -1).sum() > 2 and (away > 1).sum() > 2 and np.abs(away).min() < 0.4)


def buccal_margin(margin: Floats) -> Floats:
    """The buccal half of the margin's points as a line from distal to mesial.

    Each point is the mean of its neighbours within about half a millimetre.
    """
    buccal = margin[margin[:, 1] > margin[:, 1].mean()]
    x = np.linspace(buccal[:, 0].min(), buccal[:, 0].max(), 200)
    weight = np.exp(-(((buccal[None, :, 0] - x[:, None]) / 0.3) ** 2))
    # the line turns into the contacts at both ends, where several points share one mesiodistal place
    weight *= np.exp(-(((buccal[None, :, 1] - np.quantile(buccal[:, 1], 0.7)) / 3.0) ** 2))
    return np.c_[x, (weight @ buccal[:, 1:]) / weight.sum(axis=1, keepdims=True)]


def _facial(tooth: TrueTooth, points: dict[Key, Floats]) -> dict[Key, Floats]:
    end = facial_end(tooth.fdi, points)
    if end is None or not shows_buccal_margin(tooth.margin, end[0]):
        return {}
    low = mid_buccal_margin(tooth.margin, end[0])
    y = np.linspace(end[1] - RIDGE_MM, tooth.crown.vertices[:, 1].max(), 300)
    from_above = np.c_[np.full(len(y), end[0]), y, np.full(len(y), 50.0)]
    depth, _ = Target(tooth.crown).first_hit(from_above, np.tile([0.0, 0.0, -1.0], (len(y), 1)))
    top = int(np.where(np.isfinite(depth), depth, np.inf).argmin())
    last = np.array([end[0], y[top], 50.0 - depth[top]])
    z = np.linspace(low[2], last[2], 300)[1:-1]
    far = np.c_[np.full(len(z), end[0]), np.full(len(z), 50.0), z]
    depth, _ = Target(tooth.crown).first_hit(far, np.tile([0.0, -1.0, 0.0], (len(z), 1)))
    seen = np.isfinite(depth)
    path = np.concatenate([low[None], np.c_[np.full(seen.sum(), end[0]), 50.0 - depth[seen], z[seen]], last[None]])
    run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    line = buccal_margin(tooth.margin)
    near = line[np.abs(line[:, 0] - end[0]) < 0.3 * np.ptp(tooth.margin[:, 0])]
    return {
        ("fa_point", "fa"): np.array([np.interp(run[-1] / 2, run, path[:, k]) for k in range(3)]),
        ("zenith", "zenith"): near[near[:, 2].argmin()],
    }


def _contacts(teeth: dict[int, TrueTooth]) -> dict[int, dict[Key, Floats]]:
    limit = find("clinical_limits", quantity="neighbour_distance_no_contact_built_mm").need("value")
    surfaces = {f: Surface(t.crown.transformed(t.frame)) for f, t in teeth.items()}
    found: dict[int, dict[Key, Floats]] = {}
    for fdi, tooth in teeth.items():
        points = _sampled(tooth)
        found[fdi] = {}
        for name, sign, other in zip(("mesial", "distal"), (1, -1), numbers.neighbours(fdi), strict=True):
            near = points[sign * points[:, 0] > 0]
            worth = sign * near[:, 0]
            if other in surfaces:
                gap = surfaces[other].signed_distance_mm(tooth.world(near))
                worth = -gap if gap.min() <= limit else worth
            inside = np.clip(worth - worth.max() + CONTACT_BAND_MM, 0, None)
            found[fdi][("contact_point", name)] = (inside[:, None] * near).sum(axis=0) / inside.sum()
    return found


def _sampled(tooth: TrueTooth) -> Floats:
    """Evenly spread points on the crown without its base, ``(6000, 3) mm``."""
    base = crown_model(tooth.fdi).base
    shell, _ = tooth.crown.part(~base[tooth.crown.faces].any(axis=1))
    rng = np.random.default_rng(tooth.fdi)
    face = rng.choice(len(shell.faces), size=SAMPLES, p=shell.face_areas / shell.face_areas.sum())
    a, b = np.sqrt(rng.random(SAMPLES)), rng.random(SAMPLES)
    corner = shell.vertices[shell.faces[face]]
    return np.asarray(
        (1 - a)[:, None] * corner[:, 0] + (a * (1 - b))[:, None] * corner[:, 1] + (a * b)[:, None] * corner[:, 2]
    )
