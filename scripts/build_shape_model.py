"""Derive the shipped tooth shape model from the published statistical shape model.

    python scripts/build_shape_model.py SOURCE_FOLDER

SOURCE_FOLDER holds ``ssm_mean.npz`` and ``ssm_modes.npz`` (MIT, see NOTICE). What is derived:

- the 14 teeth of the patient's right side; the left side is their mirror image, so that twins
  correspond point by point (the source has no such correspondence);
- the tooth frame: origin at the crown centroid, rows mesial, buccal, occlusal;
- 50 modes in mm per standard deviation, quantised to 8 bits each (error below 2 µm);
- better triangles over the same points (Delaunay flips in 3D instead of the hull of directions);
- the gingival margin: the closed loop where the crown turns into its artificial base;
- mean place in the arch (LPS) and the covariances of place and size, both sides pooled.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

MODES = 50
OUT = Path(__file__).parents[1] / "src/oral_architect/teeth/data/shape_model.npz"


def to_lps(points: np.ndarray) -> np.ndarray:
    """Source axes (+x left, +y superior, +z anterior) to LPS."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def tooth_axes(row: int, centres: np.ndarray, upper: bool) -> np.ndarray:
    """Rows mesial, buccal, occlusal of a right-side tooth from the tangent of the arch curve."""
    line = np.concatenate([(centres[:1] * [-1, 1, 1]), centres])  # the left central incisor comes first
    before, after = line[row], line[min(row + 2, len(line) - 1)]
    mesial = before - after
    mesial[2] = 0
    mesial /= np.linalg.norm(mesial)
    occlusal = np.array([0, 0, -1.0 if upper else 1.0])
    buccal = np.cross(occlusal, mesial)
    outward = centres[row] - [0, centres[:, 1].max(), 0]
    buccal *= np.sign(buccal[:2] @ outward[:2])
    return np.stack([mesial, buccal, occlusal])


def flip_to_delaunay(points: np.ndarray, faces: np.ndarray, sweeps: int = 12) -> np.ndarray:
    """Flip edges whose opposite angles exceed 180 degrees, as long as the surface does not fold."""
    faces = faces.copy()
    for _ in range(sweeps):
        owner: dict[tuple[int, int], tuple[int, int]] = {}
        for k, (a, b, c) in enumerate(faces):
            owner[(a, b)], owner[(b, c)], owner[(c, a)] = (k, c), (k, a), (k, b)
        touched: set[int] = set()
        flips = 0
        for (a, b), (k, c) in owner.items():
            if a > b or (b, a) not in owner:
                continue
            j, d = owner[(b, a)]
            if k in touched or j in touched or (c, d) in owner or (d, c) in owner:
                continue
            angles = [_angle(points, c, a, b), _angle(points, d, a, b)]
            if sum(angles) <= np.pi + 1e-9:
                continue
            old = _normal(points, a, b, c) + _normal(points, b, a, d)
            n1, n2 = _normal(points, a, d, c), _normal(points, d, b, c)
            if n1 @ old <= 0 or n2 @ old <= 0 or n1 @ n2 <= 0:
                continue
            faces[k], faces[j] = (a, d, c), (d, b, c)
            touched |= {k, j}
            flips += 1
        if not flips:
            break
    return faces


def _angle(p: np.ndarray, apex: int, a: int, b: int) -> float:
    u, v = p[a] - p[apex], p[b] - p[apex]
    return float(np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1)))


def _normal(p: np.ndarray, a: int, b: int, c: int) -> np.ndarray:
    n = np.cross(p[b] - p[a], p[c] - p[a])
    return n / max(np.linalg.norm(n), 1e-12)


def base_mask(points: np.ndarray, place: int) -> np.ndarray:
    """Which points belong to the artificial base of a tooth at this place from the midline."""
    if place <= 5:  # tall crowns with an oblique base: the crease alone tells
        return _below(points, base_heights(points, wall_weight=0.0, height_weight=0.0, jump_weight=0.02))
    short = np.linalg.svd(points, full_matrices=False)[2][2]  # some molars tilt: look along their shortest axis too
    found = []
    for axis in (np.array([0, 0, 1.0]), short * np.sign(short[2])):
        side = np.cross(axis, [1.0, 0, 0])
        side /= np.linalg.norm(side)
        upright = points @ np.stack([np.cross(side, axis), side, axis]).T
        polar = base_heights(upright, wall_weight=0.6, height_weight=2.5, jump_weight=0.03)
        found.append(_below(upright, polar))
    return min(found, key=np.sum)  # a loop that strays climbs up the crown and takes in more


def _below(points: np.ndarray, polar: np.ndarray) -> np.ndarray:
    phi = np.arctan2(points[:, 1], points[:, 0]) % (2 * np.pi)
    own = np.arccos(np.clip(-points[:, 2] / np.linalg.norm(points, axis=1), -1, 1))
    knots = np.linspace(0, 2 * np.pi, len(polar) + 1)
    return own < np.interp(phi, knots, np.append(polar, polar[0])) - 1e-6


def base_heights(
    points: np.ndarray,
    *,
    wall_weight: float,
    height_weight: float,
    jump_weight: float,
    rays: int = 96,
    steps: int = 160,
) -> np.ndarray:
    """Polar angle of the margin crease for each azimuth, by dynamic programming along the sharpest turn.

    The crown is star-shaped about its centroid, so its profile in each half-plane through the occlusal axis is a
    function of the polar angle; the artificial base meets the crown where that profile turns most sharply.
    """
    from scipy.interpolate import RBFInterpolator

    radius = np.linalg.norm(points, axis=1)
    surface = RBFInterpolator(points / radius[:, None], radius, neighbors=24, smoothing=1e-4)
    polar = np.linspace(np.radians(12), np.radians(125), steps)  # from the apical pole upwards
    azimuth = np.linspace(0, 2 * np.pi, rays, endpoint=False)
    a, t = np.meshgrid(azimuth, polar, indexing="ij")
    directions = np.stack([np.sin(t) * np.cos(a), np.sin(t) * np.sin(a), -np.cos(t)], -1)
    r = surface(directions.reshape(-1, 3)).reshape(rays, steps)
    rho, z = r * np.sin(t), -r * np.cos(t)
    w = 7
    heading_before = np.arctan2(z[:, w:-w] - z[:, : -2 * w], rho[:, w:-w] - rho[:, : -2 * w])
    heading_after = np.arctan2(z[:, 2 * w :] - z[:, w:-w], rho[:, 2 * w :] - rho[:, w:-w])
    turn = heading_after - heading_before  # left turn = convex
    height = (z[:, w:-w] - z.min()) / (z.max() - z.min())
    wall_above = np.sin(heading_after.clip(0, np.pi / 2 + 0.6))  # the crown's wall rises steeply from the margin
    lowest = -np.cos(polar[w:-w])
    gain = (
        turn - 0.35 * (lowest + 0.6) ** 2 + wall_weight * wall_above - height_weight * np.clip(height - 0.15, 0, None)
    )
    n = gain.shape[1]
    jump = jump_weight * np.subtract.outer(np.arange(n), np.arange(n)) ** 2
    best = _closed_path(gain, jump)
    return polar[w:-w][best]


def _closed_path(gain: np.ndarray, jump: np.ndarray) -> np.ndarray:
    """Best closed path through a cyclic grid: run twice round and keep the second lap."""
    rays = len(gain)
    total = gain[0].copy()
    back = []
    for step in range(1, 2 * rays + rays // 4):
        cost = total[None, :] - jump
        back.append(cost.argmax(1))
        total = cost.max(1) + gain[step % rays]
    path = [int(total.argmax())]
    for pointer in reversed(back):
        path.append(int(pointer[path[-1]]))
    path = path[::-1]
    return np.array(path[rays : 2 * rays])


def margin_loop(points: np.ndarray, faces: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Ordered loop of the crown-side vertices along the border between crown and base."""
    crown_faces = faces[~base[faces].all(1)]
    edges = crown_faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    directed = {(int(a), int(b)) for a, b in edges}
    following = {a: b for a, b in sorted(directed) if (b, a) not in directed}
    loops = []
    left = dict(following)
    while left:
        start, here = next(iter(left.items()))
        loop = [start]
        del left[start]
        while here != start and here in left:
            loop.append(here)
            here = left.pop(here)
        loops.append(loop)
    return np.array(max(loops, key=len))


def build(source: Path) -> dict[str, np.ndarray]:
    """Return the arrays of the shipped model."""
    mean_file, mode_file = np.load(source / "ssm_mean.npz"), np.load(source / "ssm_modes.npz")
    fdi = mean_file["fdi"]
    rows = [i for i, t in enumerate(fdi) if t // 10 in (1, 4)]
    rows.sort(key=lambda i: (fdi[i] // 10, fdi[i] % 10))
    world = to_lps(mean_file["mean"].astype(float))
    mode_sd, mode_axes = mean_file["eigval"], mode_file["modes"]
    out: dict[str, list[np.ndarray]] = {
        k: [] for k in ("mean", "faces", "pose", "modes", "mode_step", "base", "margin")
    }
    for i in rows:
        quadrant = [j for j in rows if fdi[j] // 10 == fdi[i] // 10]
        centres = np.array([world[j].mean(0) for j in quadrant])
        upper = bool(fdi[i] // 10 == 1)
        axes = tooth_axes(quadrant.index(i), centres, upper)
        centre = world[i].mean(0)
        points = (world[i] - centre) @ axes.T
        faces = mean_file["faces_derived"][i].astype(np.int64)
        if np.linalg.det(axes) < 0:
            faces = faces[:, ::-1]
        faces = flip_to_delaunay(points, faces)
        modes = to_lps(mode_axes[i].T.reshape(-1, 1500, 3)[:MODES].astype(float)) @ axes.T
        modes *= np.sqrt(mode_sd[i][:MODES])[:, None, None]
        step = np.abs(modes).max((1, 2)) / 127
        base = base_mask(points, int(fdi[i] % 10))
        loop = margin_loop(points, faces, base)
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = axes.T, centre
        out["mean"].append(points.astype(np.float32))
        out["faces"].append(faces.astype(np.int16))
        out["pose"].append(pose)
        out["modes"].append(np.round(modes / step[:, None, None]).astype(np.int8))
        out["mode_step"].append(step.astype(np.float32))
        out["base"].append(base)
        out["margin"].append(np.pad(loop, (0, 400 - len(loop)), constant_values=-1).astype(np.int16))
        print(fdi[i], "margin points", len(loop), "base points", int(base.sum()))
    stacked = {k: np.stack(v) for k, v in out.items()}
    stacked["fdi"] = fdi[rows].astype(np.int16)
    covariance = mean_file["scale_cov"]
    twins = [int(np.flatnonzero(fdi == (t + 10 if t // 10 == 1 else t - 10))[0]) for t in fdi[rows]]
    both = np.r_[rows, twins]
    stacked["size_cov"] = covariance[np.ix_(both, both)]
    stacked["pose_cov"] = _pooled_pose(mean_file["pose_cov"], rows, twins)
    return stacked


def _pooled_pose(pose_cov: np.ndarray, rows: list[int], twins: list[int]) -> np.ndarray:
    """Covariance of place (mm) and turn (rad) along LPS, both sides averaged after mirroring at x = 0."""
    turn = np.zeros((6, 6))
    turn[0, 0] = turn[3, 3] = 1
    turn[1, 2] = turn[4, 5] = -1
    turn[2, 1] = turn[5, 4] = 1
    flip = np.diag([-1, 1, 1, 1, -1, -1.0])  # a mirror at x = 0 keeps turns about x and reverses the others
    right = np.array([turn @ pose_cov[i] @ turn.T for i in rows])
    left = np.array([flip @ turn @ pose_cov[i] @ turn.T @ flip for i in twins])
    return (right + left) / 2


def main() -> None:
    arrays = build(Path(sys.argv[1]))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(OUT, **arrays)
    print(OUT, round(OUT.stat().st_size / 1e6, 2), "MB")


if __name__ == "__main__":
    main()
