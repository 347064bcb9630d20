"""The surfaces a picture of a case needs: each jaw as scanned, each restored tooth, each body of new material."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oral_architect.anatomy.document import Landscape
from oral_architect.design.document import Design
from oral_architect.findings.document import Findings
from oral_architect.geometry import Mesh
from oral_architect.geometry.render import openness
from oral_architect.teeth.fdi import Jaw, jaw_of

Kind = Literal["arch", "restored", "body"]
Floats = NDArray[np.float64]

NEW_FROM_MM, NEW_FULL_MM = 0.05, 0.16
"""Distance from the scanned crown at which a restored surface begins to be, and surely is, new material (display)."""
SHADOW_RAYS = 40


@dataclass(frozen=True, eq=False)
class Surface:
    """One mesh to show, with what is known at each of its vertices."""

    name: str
    kind: Kind
    jaw: Jaw
    fdi: int
    """The tooth it belongs to, 0 for a whole jaw."""
    mesh: Mesh
    normals: Floats
    """``(n, 3) float``, of the undecimated surface."""
    teeth: NDArray[np.int16]
    """``(n,) int``: FDI per vertex, 0 gingiva."""
    face_teeth: NDArray[np.int16]
    """``(m,) int``: FDI per face; faces are sorted by it."""
    loss_mm: Floats
    """``(n,) float``: missing substance, 0 where nothing is known."""
    new: Floats
    """``(n,) float``: 1 where the surface is new material."""
    openness: Floats = field(default_factory=lambda: np.ones(0))
    """``(n,) float``: 1 free, 0 buried."""


def collect(
    landscape: Landscape, findings: Findings | None, design: Design | None, *, max_faces: int = 60_000
) -> tuple[Surface, ...]:
    """Gather, decimate and annotate everything there is to see.

    Parameters
    ----------
    landscape, findings, design
        The documents; findings and design may be empty or absent.
    max_faces
        Triangles of all surfaces together.
    """
    restored, bodies = _planned(landscape, design)
    extra = {**restored, **bodies}
    small = min(max_faces // 4, sum(len(m.faces) for _, m in extra.values()))
    share = small / max(sum(len(m.faces) for _, m in extra.values()), 1)
    arches = [a.jaw for a in landscape.arches if a.jaw in landscape.shapes]
    surfaces = [_arch(landscape, findings, jaw, (max_faces - small) // max(len(arches), 1)) for jaw in arches]
    for name, (fdi, mesh) in extra.items():
        surfaces.append(_single(name, fdi, mesh, int(len(mesh.faces) * share), landscape))
    return tuple(_shaded(s, surfaces) for s in surfaces)


def hidden_teeth(surfaces: tuple[Surface, ...]) -> frozenset[int]:
    """Teeth whose scanned surface gives way to a restored one in the picture afterwards."""
    return frozenset(s.fdi for s in surfaces if s.kind == "restored")


def decimated(mesh: Mesh, faces: int) -> Mesh:
    """Return the mesh with at most about ``faces`` triangles; unchanged when it has no more."""
    if len(mesh.faces) <= faces:
        return mesh
    import fast_simplification

    points, triangles = fast_simplification.simplify(
        mesh.vertices, mesh.faces, target_count=max(faces, 4), preserve_border=True
    )[:2]
    return Mesh(np.asarray(points), np.asarray(triangles))


def _planned(
    landscape: Landscape, design: Design | None
) -> tuple[dict[str, tuple[int, Mesh]], dict[str, tuple[int, Mesh]]]:
    """Restored surfaces and bodies by name; a body stands in where no restored surface is given."""
    restored, bodies = {}, {}
    jaws = {a.jaw for a in landscape.arches}
    for item in design.restorations if design else ():
        assert design is not None
        body = design.shapes.get(f"restoration_{item.fdi}")
        whole = design.shapes.get(f"restored_{item.fdi}", body)
        if jaw_of(item.fdi) not in jaws:
            continue
        if whole is not None and len(whole.faces):
            restored[f"restored_{item.fdi}"] = (item.fdi, whole)
        if body is not None and len(body.faces):
            bodies[f"body_{item.fdi}"] = (item.fdi, body)
    return restored, bodies


def _arch(landscape: Landscape, findings: Findings | None, jaw: Jaw, faces: int) -> Surface:
    scan = landscape.shapes[jaw]
    labels = landscape.arrays.get(f"labels_{jaw}", np.zeros(len(scan.vertices), np.int16)).astype(np.int16)
    mesh = decimated(scan, faces)
    nearest = cKDTree(scan.vertices).query(mesh.vertices)[1]
    teeth = labels[nearest]
    corners = teeth[mesh.faces]
    # a face on the border stays when its tooth gives way to a restored one, so that no gap opens
    face_teeth = np.where((corners == corners[:, :1]).all(axis=1), corners[:, 0], 0).astype(np.int16)
    order = np.argsort(face_teeth, kind="stable")
    loss = np.zeros(len(mesh.vertices))
    for fdi in np.unique(teeth[teeth > 0]):
        mine = teeth == fdi
        loss[mine] = _loss(landscape, findings, int(fdi), mesh.vertices[mine])
    return Surface(
        name=jaw,
        kind="arch",
        jaw=jaw,
        fdi=0,
        mesh=Mesh(mesh.vertices, mesh.faces[order]),
        normals=scan.vertex_normals[nearest],
        teeth=teeth,
        face_teeth=face_teeth[order],
        loss_mm=loss,
        new=np.zeros(len(mesh.vertices)),
    )


def _single(name: str, fdi: int, whole: Mesh, faces: int, landscape: Landscape) -> Surface:
    mesh = decimated(whole, faces)
    nearest = cKDTree(whole.vertices).query(mesh.vertices)[1]
    crown = landscape.shapes.get(f"crown_{fdi}")
    new = np.ones(len(mesh.vertices))
    if name.startswith("restored") and crown is not None and len(crown.faces):
        distance = cKDTree(_lattice(crown)).query(mesh.vertices)[0]
        new = np.clip((distance - NEW_FROM_MM) / (NEW_FULL_MM - NEW_FROM_MM), 0, 1)
    return Surface(
        name=name,
        kind="restored" if name.startswith("restored") else "body",
        jaw=jaw_of(fdi),
        fdi=fdi,
        mesh=mesh,
        normals=whole.vertex_normals[nearest],
        teeth=np.full(len(mesh.vertices), fdi, np.int16),
        face_teeth=np.full(len(mesh.faces), fdi, np.int16),
        loss_mm=np.zeros(len(mesh.vertices)),
        new=new,
    )


def _loss(landscape: Landscape, findings: Findings | None, fdi: int, points: Floats) -> Floats:
    """Loss at points of a tooth, from the nearest vertex of its crown; 0 where nothing is known."""
    crown = landscape.shapes.get(f"crown_{fdi}")
    loss = findings.arrays.get(f"loss_{fdi}") if findings else None
    if crown is None or loss is None or len(loss) != len(crown.vertices) or len(loss) == 0:
        return np.zeros(len(points))
    known = np.nan_to_num(np.asarray(loss, dtype=float))
    return np.asarray(np.clip(known[cKDTree(crown.vertices).query(points)[1]], 0, None))


def _lattice(mesh: Mesh, steps: int = 6) -> Floats:
    """Points spread over the faces of a mesh, ``(k, 3) float, mm``: close enough to measure distances to it."""
    i, j = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1), indexing="ij")
    inside = (i + j) <= steps
    weights = np.stack([i[inside], j[inside], steps - i[inside] - j[inside]], axis=1) / steps
    return np.asarray(np.einsum("wk,mkd->mwd", weights, mesh.vertices[mesh.faces]).reshape(-1, 3))


def _shaded(surface: Surface, surfaces: list[Surface]) -> Surface:
    """Add the ambient occlusion by what stands beside the surface in its own jaw."""
    around = [surface.mesh]
    if surface.kind != "arch":
        for other in surfaces:
            if other.kind == "arch" and other.jaw == surface.jaw:
                kept = other.face_teeth != surface.fdi
                around.append(Mesh(other.mesh.vertices, other.mesh.faces[kept]))
    free = openness(surface.mesh.vertices, surface.normals, around, rays=SHADOW_RAYS)
    return Surface(**{**surface.__dict__, "openness": free})
