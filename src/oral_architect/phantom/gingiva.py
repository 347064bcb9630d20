"""Grow gingiva around a jaw's teeth: margins, papillae, ridges where teeth are missing, palate, vestibule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from oral_architect.case import Settings
from oral_architect.geometry import Mesh
from oral_architect.geometry.neighbours import k_nearest
from oral_architect.teeth.fdi import is_left

from .arch_form import Rng
from .placed_tooth import DrawnArch, PlacedTooth


class GingivaSettings(Settings):
    """Ranges the gingiva is drawn from, mm unless said."""

    grid_mm: float = 0.4
    overgrowth_mm: tuple[float, float] = (0.1, 0.9)
    """How far the margin lies above the crown's own border."""
    papilla_loss_mm: tuple[float, float] = (0.0, 1.2)
    roll_slope: tuple[float, float] = (0.35, 2.0)
    """Drop per mm close to the margin: low makes a thick rolled margin."""
    roll_mm: tuple[float, float] = (0.3, 1.6)
    """Width of that roll."""
    wall_slope: tuple[float, float] = (1.2, 9.0)
    """Drop per mm of the wall below it: high is upright."""
    fold_slope: tuple[float, float] = (0.1, 1.0)
    """Drop per mm where the wall turns over into the cheek's or the tongue's fold."""
    buccal_depth_mm: tuple[float, float] = (4.0, 14.0)
    palate_depth_mm: tuple[float, float] = (9.0, 20.0)
    palate_reach_mm: tuple[float, float] = (6.0, 12.0)
    lingual_depth_mm: tuple[float, float] = (7.0, 15.0)
    ridge_loss_mm: tuple[float, float] = (0.0, 3.5)
    """Bone and gingiva lost where a tooth is missing."""
    rugae_mm: tuple[float, float] = (0.1, 0.7)


@dataclass(frozen=True, eq=False)
class Gingiva:
    """Gingiva of one jaw as a height field over the occlusal plane."""

    mesh: Mesh
    """Closed body in LPS, mm; its floor and walls are not anatomy."""
    depth_mm: NDArray[np.float64]
    """``(n,) float``: for each vertex, how far below the nearest margin."""
    reach_mm: NDArray[np.float64]
    """``(n,) float``: for each vertex, distance from the nearest margin in the occlusal plane."""
    lingual: NDArray[np.bool_]
    """``(n,) bool``: on the tongue's side."""
    top: NDArray[np.bool_]
    """``(n,) bool``: on the scanned surface."""


def grow_gingiva(arch: DrawnArch, rng: Rng, settings: GingivaSettings | None = None) -> Gingiva:
    """Grow gingiva around the teeth of one jaw.

    Heights are counted towards the occlusal side (``-z`` in the upper jaw).
    """
    s = settings or GingivaSettings()
    up = -1.0 if arch.jaw == "upper" else 1.0
    rim, owner, centre_line = _rims(arch, up, rng, s)
    pad = 13.0
    low, high = rim[:, :2].min(0) - pad, rim[:, :2].max(0) + pad
    nx, ny = np.ceil((high - low) / s.grid_mm).astype(int) + 1
    x, y = low[0] + s.grid_mm * np.arange(nx), low[1] + s.grid_mm * np.arange(ny)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), -1).reshape(-1, 2)
    distance, near = k_nearest(rim[:, :2], grid, 14)
    inside = _inside_any(grid, rim, owner)
    reach = np.where(inside, 0.0, distance[:, 0])
    weight = 1.0 / (distance**2 + 0.05)
    margin = (rim[near, 2] * weight).sum(1) / weight.sum(1)
    shape = (nx, ny)
    margin = _calmed(margin, reach, shape, 5.0, s.grid_mm)
    lingual = _inside_polygon(grid, _tongue_side(centre_line))
    papilla = rng.uniform(*s.papilla_loss_mm)
    between = (owner[near] != owner[near[:, :1]]).any(1) & ~inside & (reach < 1.5)
    height = margin - papilla * _soft(between, shape, 1.0)
    smooth_reach = _closed_reach(inside.reshape(shape), rng.uniform(4.0, 9.0), s.grid_mm).ravel()
    follow = rng.uniform(0.3, 0.75)  # how far the wall follows each root instead of running past it
    wall_reach = smooth_reach + follow * (reach - smooth_reach).clip(0)
    height = height - _fall(wall_reach, lingual, arch.jaw, grid, centre_line, rng, s)
    height = _calmed(height, reach - 2.0, shape, 2.0, s.grid_mm)
    height = gaussian_filter(height.reshape(shape), rng.uniform(0.25, 0.8) / s.grid_mm)
    height = height + _unevenness(shape, s.grid_mm, rng)
    if arch.jaw == "upper":
        height = height + _rugae(grid, reach, lingual, centre_line, rng, s).reshape(shape)
    return _solid(x, y, height, up, margin - height.ravel(), reach, lingual)


def _rims(
    arch: DrawnArch, up: float, rng: Rng, s: GingivaSettings
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Margin points ``(n, 3)`` as x, y, height; the tooth each belongs to; tooth centres along the arch."""
    overgrowth = rng.uniform(*s.overgrowth_mm)
    outermost = {t.fdi for t in arch.present}
    rims, owners, centres = [], [], []
    there = [*arch.present, *(t for t in arch.absent if t.fdi not in arch.closed)]
    teeth = sorted((t for t in there if t.in_row), key=_order)
    ridge = rng.uniform(*s.ridge_loss_mm)
    for k, tooth in enumerate([*teeth, *(t for t in there if not t.in_row)]):
        loop = _dense(_outline_at_gingiva(tooth))
        height = loop[:, 2] * up
        centre = loop.mean(0)
        if tooth.fdi in outermost:
            height = height + max(0.05, overgrowth + rng.normal(0, 0.2))
        else:  # the ridge that is left: narrower, lower
            back = tooth.fdi % 10 == 8
            shrink = rng.uniform(0.35, 0.75) if not back else rng.uniform(0.3, 0.9)
            loop = centre + (loop - centre) * [shrink, shrink, 1]
            height = np.full(len(loop), height.mean()) - ridge * rng.uniform(0.5, 1.2) + rng.uniform(-0.5, 1.0)
        rims.append(np.c_[loop[:, :2], height])
        owners.append(np.full(len(loop), k))
        if tooth.in_row:
            centres.append(np.r_[tooth.pose[:2, 3], centre[2] * up])
    for end, before in ((0, 1), (-1, -2)):  # the ridge runs on behind the last tooth
        loop = rims[end if end == 0 else len(teeth) - 1]
        away = centres[end][:2] - centres[before][:2]
        away /= np.linalg.norm(away)
        shrink = rng.uniform(0.3, 1.0)
        middle = loop[:, :2].mean(0) + away * rng.uniform(4.0, 10.0)
        height = loop[:, 2].mean() + rng.uniform(-4.0, 2.0)
        rims.append(np.c_[middle + (loop[:, :2] - loop[:, :2].mean(0)) * shrink, np.full(len(loop), height)])
        owners.append(np.full(len(loop), len(owners)))
    return np.concatenate(rims), np.concatenate(owners), np.array(centres)


def _outline_at_gingiva(tooth: PlacedTooth) -> NDArray[np.float64]:
    """``(m, 3) mm``: where a crown meets the gingiva: its own border, or a mound around it when it is still sunk."""
    if tooth.sunk_mm <= 0:
        return tooth.margin_mm
    from scipy.spatial import ConvexHull

    local = tooth.local.vertices
    level = local[tooth.model.margin][:, 2].mean() + tooth.sunk_mm
    covered = local[local[:, 2] < level + 0.3]  # the mound holds all of the crown that lies below it
    ring = covered[ConvexHull(covered[:, :2]).vertices]
    ring[:, 2] = level
    return np.asarray(ring @ tooth.pose[:3, :3].T + tooth.pose[:3, 3])


def _order(tooth: PlacedTooth) -> int:
    place = tooth.fdi % 10
    return place if is_left(tooth.fdi) else -place


def _dense(loop: NDArray[np.float64], step_mm: float = 0.3) -> NDArray[np.float64]:
    closed = np.vstack([loop, loop[:1]])
    at = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    u = np.arange(0, at[-1], step_mm)
    return np.stack([np.interp(u, at, closed[:, i]) for i in range(3)], 1)


def _inside_any(grid: NDArray[np.float64], rim: NDArray[np.float64], owner: NDArray[np.int64]) -> NDArray[np.bool_]:
    inside = np.zeros(len(grid), bool)
    for k in np.unique(owner):
        loop = rim[owner == k, :2]
        box = ((grid >= loop.min(0)) & (grid <= loop.max(0))).all(1)
        hits = np.flatnonzero(box)
        inside[hits[_inside_polygon(grid[hits], loop)]] = True
    return inside


def _inside_polygon(points: NDArray[np.float64], polygon: NDArray[np.float64]) -> NDArray[np.bool_]:
    from skimage.measure import points_in_poly

    return np.asarray(points_in_poly(points, polygon), dtype=np.bool_)  # type: ignore[no-untyped-call]


def _tongue_side(centre_line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The polygon between the arch's centre line and its open back."""
    line = centre_line[:, :2]
    back = line[:, 1].max() + 40
    return np.vstack([line, [line[-1, 0], back], [line[0, 0], back]])


def _calmed(
    values: NDArray[np.float64], reach: NDArray[np.float64], shape: tuple[int, int], wave_mm: float, grid_mm: float
) -> NDArray[np.float64]:
    """Smooth a field far from the teeth, leave it alone close to them."""
    calm = gaussian_filter(values.reshape(shape), wave_mm / grid_mm).ravel()
    share = np.exp(-np.clip(reach, 0, None) / 2.0)
    return np.asarray(values * share + calm * (1 - share))


def _closed_reach(mask: NDArray[np.bool_], radius_mm: float, grid_mm: float) -> NDArray[np.float64]:
    """Distance from the crowns' outline after its embrasures are closed by a ball of this radius, mm."""
    grown = distance_transform_edt(~mask) * grid_mm <= radius_mm
    closed = distance_transform_edt(grown) * grid_mm > radius_mm
    closed |= mask
    return np.asarray(gaussian_filter(distance_transform_edt(~closed) * grid_mm, 0.6 / grid_mm))


def _soft(mask: NDArray[np.bool_], shape: tuple[int, int], sigma: float) -> NDArray[np.float64]:
    return np.asarray(gaussian_filter(mask.reshape(shape).astype(float), sigma).ravel())


def _fall(
    reach: NDArray[np.float64],
    lingual: NDArray[np.bool_],
    jaw: str,
    grid: NDArray[np.float64],
    centre_line: NDArray[np.float64],
    rng: Rng,
    s: GingivaSettings,
) -> NDArray[np.float64]:
    """How far the surface has dropped below the margin at each grid point, mm."""
    outer = _wall(reach, rng.uniform(*s.buccal_depth_mm), rng, s)
    if jaw == "upper":
        depth, far = rng.uniform(*s.palate_depth_mm), rng.uniform(*s.palate_reach_mm)
        slope, start = rng.uniform(*s.roll_slope), rng.uniform(0.4, 1.2)
        dome = depth * (1 - np.exp(-((np.clip(reach - 0.5, 0, None) / far) ** rng.uniform(1.0, 1.6))))
        inner = slope * 0.7 * np.minimum(reach, start) + dome
    else:
        inner = _wall(reach, rng.uniform(*s.lingual_depth_mm), rng, s)
    fall = np.where(lingual, inner, outer)
    ends = centre_line[[0, -1], 1].mean()  # behind the last tooth the ridge runs on before it falls away
    behind = np.clip(grid[:, 1] - ends, 0, None)
    gentle = rng.uniform(0.2, 0.9) * reach + 0.05 * reach**2
    share = np.clip(behind / 4, 0, 1) * np.clip(
        1.2 - np.abs(np.abs(grid[:, 0]) - np.abs(centre_line[[0, -1], 0]).mean()) / 6, 0, 1
    )
    return np.asarray(fall * (1 - share) + np.minimum(gentle, fall) * share)


def _wall(reach: NDArray[np.float64], depth_mm: float, rng: Rng, s: GingivaSettings) -> NDArray[np.float64]:
    """Drop of an alveolar wall: a rolled margin, the wall, the fold; mm."""
    roll, roll_mm = rng.uniform(*s.roll_slope), rng.uniform(*s.roll_mm)
    wall = np.exp(rng.uniform(*np.log(s.wall_slope)))
    fold = rng.uniform(*s.fold_slope)
    wall_mm = max(depth_mm - roll * roll_mm, 0.5) / wall
    d = np.array([0, roll_mm, roll_mm + wall_mm, roll_mm + wall_mm + 20.0])
    h = np.array([0, roll * roll_mm, depth_mm, depth_mm + 20.0 * fold])
    return np.asarray(np.interp(reach, d, h))


def _unevenness(shape: tuple[int, int], grid_mm: float, rng: Rng) -> NDArray[np.float64]:
    total = np.zeros(shape)
    for wave_mm, height_mm in ((6.0, 0.35), (2.5, 0.12), (1.0, 0.03)):
        noise = gaussian_filter(rng.standard_normal(shape), wave_mm / grid_mm / 2)
        total += noise / max(noise.std(), 1e-9) * height_mm * rng.uniform(0.2, 1.0)
    return total


def _rugae(
    grid: NDArray[np.float64],
    reach: NDArray[np.float64],
    lingual: NDArray[np.bool_],
    centre_line: NDArray[np.float64],
    rng: Rng,
    s: GingivaSettings,
) -> NDArray[np.float64]:
    """Folds of the front palate and the raphe along its middle."""
    front = centre_line[:, 1].min()
    back = grid[:, 1] - front
    across = np.abs(grid[:, 0] - centre_line[:, 0].mean())
    height, wave = rng.uniform(*s.rugae_mm), rng.uniform(3.0, 6.0)
    wander = gaussian_filter(rng.standard_normal(len(grid)), 400) * 60
    folds = np.sin(2 * np.pi * (back + 0.35 * across + wander) / wave + rng.uniform(0, 6))
    zone = np.exp(-(((back - 11) / 8) ** 2)) * np.clip((reach - 1.5) / 2, 0, 1) * np.clip(across / 2, 0, 1)
    raphe = 0.4 * np.exp(-((across / 1.2) ** 2)) * np.clip((reach - 3) / 4, 0, 1)
    return np.asarray(np.where(lingual, height * np.clip(folds, -0.2, 1) * zone + raphe, 0.0))


def _solid(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    height: NDArray[np.float64],
    up: float,
    depth: NDArray[np.float64],
    reach: NDArray[np.float64],
    lingual: NDArray[np.bool_],
) -> Gingiva:
    """Close the height field with walls and a floor."""
    nx, ny = height.shape
    index = np.arange(nx * ny).reshape(nx, ny)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    top = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    floor = height.min() - 3.0
    ring = np.concatenate([index[:, 0], index[-1, 1:], index[-2::-1, -1], index[0, -2:0:-1]])
    below = nx * ny + np.arange(len(ring))
    after, below_after = np.roll(ring, -1), np.roll(below, -1)
    walls = np.concatenate([np.stack([ring, below, after], 1), np.stack([after, below, below_after], 1)])
    hub = nx * ny + len(ring)
    base = np.stack([below, np.full(len(ring), hub), below_after], 1)
    flat = np.stack(np.meshgrid(x, y, indexing="ij"), -1).reshape(-1, 2)
    points = np.vstack(
        [
            np.c_[flat, height.ravel()],
            np.c_[flat[ring], np.full(len(ring), floor)],
            [[x.mean(), y.mean(), floor]],
        ]
    )
    points[:, 2] *= up
    faces = np.concatenate([top, walls, base])
    if up < 0:
        faces = faces[:, ::-1]
    extra = len(ring) + 1
    return Gingiva(
        mesh=Mesh(points, faces.astype(np.int32)),
        depth_mm=np.concatenate([depth, np.full(extra, 1e3)]),
        reach_mm=np.concatenate([reach, np.full(extra, 1e3)]),
        lingual=np.concatenate([lingual, np.zeros(extra, bool)]),
        top=np.concatenate([np.ones(nx * ny, bool), np.zeros(extra, bool)]),
    )
