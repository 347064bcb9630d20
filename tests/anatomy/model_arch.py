"""An arch of shape-model crowns standing in a sheet of gingiva, with everything about it known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model


@dataclass(frozen=True, eq=False)
class ModelArch:
    """Open crowns in the mean arch, patient frame up to a shift along z."""

    mesh: Mesh
    labels: NDArray[np.int16]
    poses: dict[int, NDArray[np.float64]]
    """Tooth frame to arch, (4, 4)."""
    shells: dict[int, Mesh]
    margins: dict[int, NDArray[np.float64]]


def model_arch(
    jaw: numbers.Jaw, teeth: tuple[int, ...] | None = None, *, seed: int = 0, turn_deg: float = 0.0
) -> ModelArch:
    """Build the open crowns of a jaw; shapes, sizes and turns vary with the seed."""
    rng = np.random.default_rng(seed)
    chosen = teeth or tuple(t for t in numbers.arch(jaw) if t % 10 <= 7)
    shells, poses, margins = {}, {}, {}
    for fdi in chosen:
        model = crown_model(fdi)
        spread = 1.0 if turn_deg else 0.0
        whole = model.crown(spread * np.clip(rng.normal(size=15), -1.5, 1.5))
        pose = model.arch_pose.copy()
        pose[:3, :3] = rotation_from_vector(np.radians(turn_deg) * rng.normal(size=3)) @ pose[:3, :3]
        shell, _ = whole.part(~model.base[whole.faces].any(axis=1))
        shells[fdi] = shell.transformed(pose)
        poses[fdi] = pose
        margins[fdi] = whole.transformed(pose).vertices[model.margin]
    mesh = concatenate(list(shells.values()))
    labels = np.concatenate([np.full(len(s.vertices), t, dtype=np.int16) for t, s in shells.items()])
    return ModelArch(mesh, labels, poses, shells, margins)


def bump_row(
    spacing_mm: float = 0.35, radius_mm: float = 4.0, teeth: tuple[int, ...] = (46, 45, 44)
) -> tuple[Mesh, NDArray[np.int16]]:
    """Return touching domes in a row on a flat sheet: teeth with a crease all round, and their true labels."""
    length = 2 * radius_mm * len(teeth)
    xs = np.arange(-4.0, length + 4.0, spacing_mm)
    ys = np.arange(-radius_mm - 5.0, radius_mm + 5.0, spacing_mm)
    x, y = np.meshgrid(xs, ys, indexing="ij")
    z = np.zeros_like(x)
    labels = np.zeros(x.shape, dtype=np.int16)
    for k, fdi in enumerate(teeth):
        r = np.hypot(x - (2 * k + 1) * radius_mm, y)
        inside = r < radius_mm
        z[inside] = 6.0 * (1 - (r[inside] / radius_mm) ** 2)
        labels[inside] = fdi
    ny = len(ys)
    corner = (np.arange(len(xs) - 1)[:, None] * ny + np.arange(ny - 1)[None]).ravel()
    faces = np.concatenate(
        [
            np.stack([corner, corner + ny, corner + ny + 1], axis=1),
            np.stack([corner, corner + ny + 1, corner + 1], axis=1),
        ]
    )
    return Mesh(np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1), faces), labels.ravel()
