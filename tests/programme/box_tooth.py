"""Procedural teeth and restorations for the tests: a box tooth with a cap on top."""

from __future__ import annotations

import numpy as np
import trimesh

from oral_architect.anatomy.document import Arch, Landscape, Tooth
from oral_architect.case import matrix4
from oral_architect.design.document import Design, Restoration
from oral_architect.geometry import Mesh

TOOTH_MM = (8.0, 9.0, 6.0)


def block(low, high) -> Mesh:
    box = trimesh.creation.box(bounds=[low, high])
    return Mesh.from_trimesh(box)


def crown(at=(0.0, 0.0), size=TOOTH_MM) -> Mesh:
    """A lower box tooth, occlusal face at z = 0, open at its neck."""
    x, y = at
    box = block((x - size[0] / 2, y - size[1] / 2, -size[2]), (x + size[0] / 2, y + size[1] / 2, 0.0))
    bottom = (box.vertices[box.faces][:, :, 2] < -size[2] + 1e-9).all(axis=1)
    mesh = trimesh.Trimesh(box.vertices, box.faces[~bottom], process=False)
    vertices, faces = trimesh.remesh.subdivide_to_size(mesh.vertices, mesh.faces, 1.0)
    return Mesh(vertices, faces)


def cap(at=(0.0, 0.0), radius=3.0, height=1.2) -> Mesh:
    """A spherical cap that stands on z = 0."""
    ball_radius = (radius**2 + height**2) / (2 * height)
    rings, spokes = 24, 48
    top = np.array([[at[0], at[1], height]])
    vertices = [top]
    for r in np.linspace(0, radius, rings + 1)[1:]:
        angle = np.linspace(0, 2 * np.pi, spokes, endpoint=False)
        z = np.sqrt(max(ball_radius**2 - r**2, 0)) - (ball_radius - height)
        vertices.append(np.column_stack([at[0] + r * np.cos(angle), at[1] + r * np.sin(angle), np.full(spokes, z)]))
    vertices.append(np.array([[at[0], at[1], 0.0]]))
    points = np.concatenate(vertices)
    points[np.abs(points[:, 2]) < 1e-9, 2] = 0.0
    faces = []
    for s in range(spokes):
        n = (s + 1) % spokes
        faces.append((0, 1 + s, 1 + n))
        for ring in range(rings - 1):
            a, b = 1 + ring * spokes + s, 1 + ring * spokes + n
            faces += [(a, a + spokes, b + spokes), (a, b + spokes, b)]
        faces.append((1 + (rings - 1) * spokes + n, 1 + (rings - 1) * spokes + s, len(points) - 1))
    return Mesh(points, np.array(faces))


def landscape(crowns: dict[int, Mesh]) -> Landscape:
    teeth = tuple(
        Tooth(
            fdi=fdi,
            confidence=1.0,
            centroid_mm=tuple(mesh.vertices.mean(axis=0)),
            axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
            width_md_mm=TOOTH_MM[0],
            width_bl_mm=TOOTH_MM[1],
            height_mm=TOOTH_MM[2],
        )
        for fdi, mesh in crowns.items()
    )
    arch = Arch(
        jaw="lower",
        jaw_confidence=1.0,
        pose_confidence=1.0,
        to_patient=matrix4(np.eye(4)),
        teeth=tuple(crowns),
        missing=(),
    )
    margins = {f"margin_{fdi}": _margin(mesh) for fdi, mesh in crowns.items()}
    return Landscape(arches=(arch,), teeth=teeth, shapes={f"crown_{f}": m for f, m in crowns.items()}, arrays=margins)


def _margin(mesh: Mesh) -> np.ndarray:
    low = mesh.vertices[mesh.vertices[:, 2] < mesh.vertices[:, 2].min() + 1e-6]
    centre = low.mean(axis=0)
    return low[np.argsort(np.arctan2(low[:, 1] - centre[1], low[:, 0] - centre[0]))]


def design(bodies: dict[int, Mesh], kind="rebuild") -> Design:
    return Design(
        restorations=tuple(
            Restoration(
                fdi=fdi,
                kind=kind,
                material="composite",
                volume_mm3=mesh.volume_mm3,
                insertion_axis=(0.0, 0.0, 1.0),
                checks=(),
            )
            for fdi, mesh in bodies.items()
        ),
        shapes={f"restoration_{f}": m for f, m in bodies.items()},
    )


def one_tooth(fdi=36) -> tuple[Landscape, Design]:
    return landscape({fdi: crown()}), design({fdi: cap()})
