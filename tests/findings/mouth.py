"""Small mouths with known truth: crowns of the shape model in an arch, open toward the root, with simple damage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Arch, Landscape, Tooth
from oral_architect.case import matrix4, vector
from oral_architect.findings.fit import closure
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth.fdi import jaw_of, mirror
from oral_architect.teeth.shape_model import crown_model

TEETH = tuple(q * 10 + k for q in (1, 2, 3, 4) for k in range(1, 8))
Damage = Callable[[Mesh, np.random.Generator], NDArray[np.float64]]


@dataclass
class Truth:
    """What a tooth was before it was damaged, patient frame, mm."""

    closed: Mesh
    """Whole intact crown."""
    shell: Mesh
    """Intact open shell, vertex by vertex the landscape's crown without noise."""
    lost: NDArray[np.bool_]
    """Vertices of the shell that were moved."""


def build(
    damages: dict[int, Damage] | None = None,
    *,
    teeth: tuple[int, ...] = TEETH,
    seed: int = 0,
    noise_mm: float = 0.02,
    likeness: float = 0.85,
    axis_error_rad: float = 0.06,
    fine: int = 1,
    spread: float = 1.06,
) -> tuple[Landscape, dict[int, Truth]]:
    """Return a landscape of model crowns in mean arch places, and the truth of each tooth.

    Twins share ``likeness`` of their shape, all teeth share most of their size. Axes are off by ``axis_error_rad``;
    ``spread`` widens the arch so that random crowns rarely overlap.
    """
    damages = damages or {}
    rng = np.random.default_rng(seed)
    coefficients: dict[int, NDArray[np.float64]] = {}
    common = rng.normal() * 0.04
    shapes: dict[str, Mesh] = {}
    arrays = {}
    found: list[Tooth] = []
    truths: dict[int, Truth] = {}
    for fdi in TEETH:  # all drawn, so that one tooth's form does not depend on which others are asked for
        own = rng.normal(size=50)
        twin = coefficients.get(mirror(fdi))
        coefficients[fdi] = own if twin is None else likeness * twin + np.sqrt(1 - likeness**2) * own
        size = float(np.exp(common + rng.normal() * 0.02))
        errors = rng.normal(size=6)
        if fdi not in teeth:
            continue
        model = crown_model(fdi)
        crown = model.crown(coefficients[fdi], size)
        shell = _opened(crown, fdi, fine)
        hurt = damages[fdi](shell, np.random.default_rng(seed + fdi)) if fdi in damages else shell.vertices
        pose = model.arch_pose.copy()
        pose[:2, 3] *= spread
        dents = np.random.default_rng(seed * 1000 + fdi).normal(size=len(hurt))[:, None] * noise_mm
        scanned = Mesh(hurt + dents * Mesh(hurt, shell.faces).vertex_normals, shell.faces).transformed(pose)
        turn = rotation_from_vector(errors[:3] * axis_error_rad)
        axes = turn @ pose[:3, :3].T
        centre = scanned.vertices.mean(axis=0)
        local = (scanned.vertices - centre) @ axes.T
        extent = np.ptp(local, axis=0)
        found.append(
            Tooth(
                fdi=fdi,
                confidence=0.97,
                centroid_mm=vector(centre),
                axes=(vector(axes[0]), vector(axes[1]), vector(axes[2])),
                width_md_mm=float(extent[0]),
                width_bl_mm=float(extent[1]),
                height_mm=float(extent[2]),
            )
        )
        shapes[f"crown_{fdi}"] = scanned
        arrays[f"margin_{fdi}"] = rim(scanned)
        truths[fdi] = Truth(
            crown.transformed(pose), shell.transformed(pose), np.linalg.norm(hurt - shell.vertices, axis=1) > 0.05
        )
    arches = tuple(
        Arch(
            jaw=jaw,
            jaw_confidence=1.0,
            pose_confidence=1.0,
            to_patient=matrix4(np.eye(4)),
            teeth=tuple(t for t in teeth if jaw_of(t) == jaw),
            missing=(),
        )
        for jaw in ("upper", "lower")
    )
    return Landscape(arches=arches, teeth=tuple(found), shapes=shapes, arrays=arrays), truths


def rim(shell: Mesh) -> NDArray[np.float64]:
    """The open edge of a shell as an ordered polyline, ``(k, 3) mm``."""
    directed = shell.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    pairs = {(int(a), int(b)) for a, b in directed}
    ahead = {a: b for a, b in pairs if (b, a) not in pairs}
    loops: list[list[int]] = []
    while ahead:
        loop = [next(iter(sorted(ahead)))]
        while loop[-1] in ahead:
            loop.append(ahead.pop(loop[-1]))
        loops.append(loop[:-1])
    return shell.vertices[max(loops, key=len)]


def _opened(crown: Mesh, fdi: int, fine: int) -> Mesh:
    """The crown without its closure, subdivided."""
    import trimesh

    part, _ = crown.part(~closure(fdi)[crown.faces].any(axis=1))
    biggest = max(part.to_trimesh().split(only_watertight=False), key=lambda m: len(m.faces))
    vertices, faces = np.asarray(biggest.vertices), np.asarray(biggest.faces)
    for _ in range(fine):
        vertices, faces = trimesh.remesh.subdivide(vertices, faces)
    return Mesh(vertices, faces)


def wear(depth_mm: float) -> Damage:
    """Grind the top flat."""

    def apply(shell: Mesh, rng: np.random.Generator) -> NDArray[np.float64]:
        moved = shell.vertices.copy()
        moved[:, 2] = np.minimum(moved[:, 2], moved[:, 2].max() - depth_mm)
        return moved

    return apply


def fracture(depth_mm: float) -> Damage:
    """Break a corner off along a plane."""

    def apply(shell: Mesh, rng: np.random.Generator) -> NDArray[np.float64]:
        normal = np.array([rng.choice([-1, 1]) * 0.6, rng.choice([-1, 1]) * 0.4, 0.7])
        normal /= np.linalg.norm(normal)
        height = shell.vertices @ normal
        return np.asarray(shell.vertices - np.maximum(height - height.max() + depth_mm, 0)[:, None] * normal)

    return apply


def cavity(radius_mm: float, depth_mm: float) -> Damage:
    """Dig a bowl into the upper part."""

    def apply(shell: Mesh, rng: np.random.Generator) -> NDArray[np.float64]:
        direction = np.array([*rng.normal(size=2) * 0.4, 0.8])
        at = int(np.argmax(shell.vertices @ direction))
        away = np.linalg.norm(shell.vertices - shell.vertices[at], axis=1)
        bowl = depth_mm * np.clip(1 - (away / radius_mm) ** 2, 0, 1) ** 0.5
        return np.asarray(shell.vertices - bowl[:, None] * shell.vertex_normals[at])

    return apply


def erosion(depth_mm: float) -> Damage:
    """Dissolve the top smoothly, more the more it faces up."""

    def apply(shell: Mesh, rng: np.random.Generator) -> NDArray[np.float64]:
        normals = shell.vertex_normals
        height = shell.vertices[:, 2]
        upper = np.clip((height - np.median(height)) / (height.max() - np.median(height)), 0, 1)
        return np.asarray(shell.vertices - (depth_mm * np.sqrt(upper))[:, None] * normals)

    return apply
