"""Join crowns and gingiva to the one surface a scanner sees, with the truth of every vertex."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.teeth.fdi import Jaw

from .arch_form import Rng
from .gingiva import Gingiva
from .placed_tooth import DrawnArch


@dataclass(frozen=True, eq=False)
class JawSurface:
    """The visible surface of one jaw, LPS, mm."""

    jaw: Jaw
    mesh: Mesh
    """Open surface."""
    face_labels: NDArray[np.int16]
    """``(m,) int``: FDI, 0 gingiva."""

    @property
    def labels(self) -> NDArray[np.int16]:
        """``(n,) int``: FDI per vertex; where faces differ the larger number, so that teeth keep their rim."""
        labels = np.zeros(len(self.mesh.vertices), np.int16)
        order = np.argsort(self.face_labels, kind="stable")
        for corner in range(3):
            np.maximum.at(labels, self.mesh.faces[order, corner], self.face_labels[order])
        return labels


@dataclass(frozen=True)
class Border:
    """How far the scanner went, mm."""

    buccal_mm: float
    lingual_mm: float
    palate_reach_mm: float
    buccal_reach_mm: float
    behind_mm: float
    ragged_mm: float

    @classmethod
    def draw(cls, rng: Rng) -> Border:
        """Draw the extent of a scan as operators leave it."""
        return cls(
            buccal_mm=float(rng.uniform(3.5, 14.0)),
            lingual_mm=float(rng.uniform(5.0, 16.0)),
            palate_reach_mm=float(rng.choice([rng.uniform(4, 12), 40.0], p=[0.25, 0.75])),
            buccal_reach_mm=float(rng.uniform(3.5, 11.0)),
            behind_mm=float(rng.uniform(2.0, 18.0)),
            ragged_mm=float(rng.uniform(0.0, 1.0)),
        )

    def as_a_careful_hand(self) -> Border:
        """Return the border of someone who scans all that is needed for a restoration."""
        return replace(
            self,
            buccal_mm=max(self.buccal_mm, 5.0),
            lingual_mm=max(self.lingual_mm, 6.0),
            palate_reach_mm=max(self.palate_reach_mm, 9.0),
            buccal_reach_mm=max(self.buccal_reach_mm, 4.0),
            ragged_mm=min(self.ragged_mm, 0.3),
        )


def join(arch: DrawnArch, crowns: dict[int, Mesh], gingiva: Gingiva, border: Border, rng: Rng) -> JawSurface:
    """Join closed crowns (LPS) with the gingiva and cut the scan's border.

    Raises
    ------
    StageError
        When the solids cannot be joined.
    """
    import manifold3d

    solids, ids = [], {}
    for fdi, crown in [(0, gingiva.mesh), *sorted(crowns.items())]:
        body = manifold3d.Manifold(
            manifold3d.Mesh(vert_properties=crown.vertices.astype(np.float32), tri_verts=crown.faces.astype(np.uint32))
        )
        if body.status() != manifold3d.Error.NoError:
            raise StageError(f"the {'gingiva' if fdi == 0 else f'crown {fdi}'} is not a closed body", where="phantom")
        body = body.as_original()
        ids[body.original_id()] = fdi
        solids.append(body)
    joined = manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add).to_mesh()
    mesh = Mesh(np.asarray(joined.vert_properties[:, :3], dtype=np.float64), np.asarray(joined.tri_verts))
    labels = np.zeros(len(mesh.faces), np.int16)
    starts = np.asarray(joined.run_index) // 3
    for k, original in enumerate(joined.run_original_id):
        labels[starts[k] : starts[k + 1]] = ids[int(original)]
    keep = (labels > 0) | _scanned(mesh, arch, gingiva, border, rng)
    part, _ = mesh.part(keep)
    return JawSurface(arch.jaw, part, labels[keep])


def _scanned(mesh: Mesh, arch: DrawnArch, gingiva: Gingiva, border: Border, rng: Rng) -> NDArray[np.bool_]:
    """Which gingival faces lie within the scan's ragged border."""
    from scipy.spatial import cKDTree

    centres = mesh.vertices[mesh.faces].mean(1)
    top = np.flatnonzero(gingiva.top)
    _, near = cKDTree(gingiva.mesh.vertices[top]).query(centres, workers=1)
    near = top[near]
    depth, reach, lingual = gingiva.depth_mm[near], gingiva.reach_mm[near], gingiva.lingual[near]
    facing = mesh.face_normals[:, 2] * (-1 if arch.jaw == "upper" else 1) > 1e-3
    ragged = border.ragged_mm * _smooth_noise(centres[:, :2], rng)
    ends = [arch.present[i].pose[:2, 3] for i in (0, -1)] if arch.present else [np.zeros(2), np.ones(2)]
    across = np.clip((centres[:, 0] - ends[0][0]) / (ends[1][0] - ends[0][0]), 0, 1)
    end = ends[0][1] * (1 - across) + ends[1][1] * across + border.behind_mm + 5.0
    inside = centres[:, 1] + ragged < end
    outer = ~lingual & (depth + ragged < border.buccal_mm) & (reach + 0.5 * ragged < border.buccal_reach_mm)
    if arch.jaw == "upper":
        inner = lingual & (reach + ragged < border.palate_reach_mm)
    else:
        inner = lingual & (depth + ragged < border.lingual_mm) & (reach + ragged < 10.0)
    return np.asarray(facing & inside & (outer | inner))


def _smooth_noise(points: NDArray[np.float64], rng: Rng, wave_mm: float = 2.5) -> NDArray[np.float64]:
    """Smooth random field with unit spread, ``(n,) float``."""
    low = points.min(0) - wave_mm
    shape = np.ceil((points.max(0) - low) / wave_mm).astype(int) + 3
    coarse = rng.standard_normal(shape)
    fine = rng.standard_normal(shape * 3)
    at = (points - low).T / wave_mm
    return np.asarray(
        map_coordinates(coarse, at, order=1) + 0.5 * map_coordinates(fine, at * 3, order=1, mode="nearest")
    )
