"""Training samples: phantom jaws as graphs with truth, kept in a folder while training runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.reading.graph import SCALE_MM, build_graph, sample_surface
from oral_architect.geometry import Mesh

ANYWHERE = -1
"""Class of a tooth without a place in the row."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One phantom scan as the trainer keeps it; arrays as in ``ScanGraph``."""

    arrays: dict[str, NDArray[Any]]

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]


def occlusal_frame(upper: bool) -> NDArray[np.float64]:
    """``(3, 3)``: LPS to the network's frame, +z occlusal, +y anterior."""
    return np.diag([-1.0, -1.0, 1.0]) if not upper else np.diag([1.0, -1.0, -1.0])


def classes_of(labels: NDArray[np.integer[Any]], upper: bool) -> NDArray[np.int8]:
    """FDI per vertex to the network's 17 classes; :data:`ANYWHERE` for supernumerary teeth, which have no place.

    In the network's frame the patient's left is +x in the upper jaw and -x in the lower.
    """
    place = labels % 10
    left = np.isin(labels // 10, (2, 3, 6, 7))
    plus_x = left == upper
    out = np.where(labels == 0, 0, np.where(plus_x, place, place + 8))
    return np.where(place == 9, ANYWHERE, out).astype(np.int8)


def kinds_of(labels: NDArray[np.integer[Any]]) -> NDArray[np.int8]:
    """FDI per vertex to 0 permanent (and gingiva), 1 deciduous, 2 supernumerary."""
    return np.where(labels % 10 == 9, 2, np.where(labels // 10 >= 5, 1, 0)).astype(np.int8)


def make_sample(
    mesh: Mesh,
    labels: NDArray[np.integer[Any]],
    upper: bool,
    rng: np.random.Generator,
    density: tuple[float, float] = (0.5, 1.0),
    *,
    aside: bool = False,
) -> Sample:
    """Build a sample from a scan in LPS with FDI per vertex, at a drawn share of the full density.

    With ``aside`` it stands on the points of the second sampling, see :func:`.graph.sample_surface`.
    """
    from scipy.spatial import cKDTree

    turned = Mesh(mesh.vertices @ occlusal_frame(upper).T, mesh.faces)
    points, normals = sample_surface(turned)
    if aside:
        points, normals = sample_surface(turned, beside=points)
    kept = rng.random(len(points)) < rng.uniform(*density)
    points, normals = points[kept], normals[kept]
    _, near = cKDTree(turned.vertices).query(points, workers=1)
    labels = labels[near]
    graph = build_graph(points, normals)
    centre = np.zeros((len(labels), 3))
    for tooth in np.unique(labels[labels > 0]):
        own = labels == tooth
        centre[own] = points[own].mean(0)
    arrays: dict[str, NDArray[Any]] = {
        "points": points.astype(np.float32),
        "normals": normals.astype(np.float32),
        "bends": graph.bends,
        "classes": classes_of(labels, upper),
        "kinds": kinds_of(labels),
        "centre": centre.astype(np.float32),
        "upper": np.array(upper),
    }
    for level in range(4):
        arrays[f"near{level}"] = graph.near[level].astype(np.uint16)
    for level in range(3):
        arrays[f"pool{level}"] = graph.pool[level].astype(np.uint16)
        arrays[f"member{level}"] = graph.members[level].astype(np.uint16)
        arrays[f"lift{level}"] = graph.lift[level].astype(np.uint16)
        arrays[f"weight{level}"] = graph.lift_weight[level].astype(np.float16)
    return Sample(arrays)


def save_sample(sample: Sample, path: Path) -> None:
    """Write a sample aside and rename it, so that a reader never sees half of it."""
    aside = path.with_suffix(".part")
    with aside.open("wb") as handle:
        np.savez(handle, **sample.arrays)  # type: ignore[arg-type]
    aside.replace(path)


def load_sample(path: Path) -> Sample:
    """Read a sample."""
    with np.load(path) as data:
        return Sample({k: data[k] for k in data.files})


def trial_pose(
    sample: Sample, rng: np.random.Generator, strength: float = 1.0
) -> tuple[NDArray[np.float32], NDArray[np.float32], dict[str, Any]]:
    """Draw a trial pose, a stretch and a mirror for one look at a sample.

    Parameters
    ----------
    sample
        The scan.
    rng
        Where the look comes from.
    strength
        How much the surface itself is changed (stretched, roughened), as a part of what phantoms need. The pose is
        always drawn from the full range.

    Returns
    -------
    features ``(n, 10)``, turn back ``(3,) rad``, and the classes, kinds and centres in that pose.
    """
    from scipy.spatial.transform import Rotation

    points, normals = sample["points"].astype(np.float64), sample["normals"].astype(np.float64)
    classes, centre = sample["classes"], sample["centre"].astype(np.float64)
    if rng.random() < 0.5:  # the mirror image of a mouth is a mouth
        flip = np.array([-1.0, 1.0, 1.0])
        points, normals, centre = points * flip, normals * flip, centre * flip
        classes = np.where(classes <= 0, classes, (classes + 7) % 16 + 1)
    stretch = np.exp(strength * rng.normal(0, 0.05)) * np.exp(strength * rng.normal(0, 0.04, 3))
    points, centre = points * stretch, centre * stretch
    normals = normals / stretch
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    wide = rng.random() < 0.15
    tilt = rng.normal(0, np.radians(22 if wide else 8), 2)
    yaw = rng.normal(0, np.radians(50 if wide else 12))
    turn = np.array([tilt[0], tilt[1], yaw])
    rotation = Rotation.from_rotvec(turn)
    middle = points.mean(0) + rng.normal(0, [2.5, 2.5, 1.5])
    points = rotation.apply(points - middle) + strength * rng.normal(0, 0.02, points.shape)
    normals = rotation.apply(normals) + strength * rng.normal(0, 0.06, points.shape)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    bends = sample["bends"] * np.exp(strength * rng.normal(0, 0.15, 4))
    bends = bends + strength * rng.normal(0, 0.04, bends.shape)
    feature = np.concatenate([points / SCALE_MM, normals, bends], axis=1).astype(np.float32)
    offset = (rotation.apply(centre - middle) - points) / SCALE_MM
    truth = {
        "classes": classes.astype(np.int64),
        "kinds": sample["kinds"].astype(np.int64),
        "offset": offset.astype(np.float32),
    }
    return feature, -turn.astype(np.float32), truth
