"""Turn a surface as it came into one clean sheet, and write down everything that was done to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import ScanError
from oral_architect.geometry import Faces, Mesh, Points
from oral_architect.scan.decimate import decimate
from oral_architect.scan.document import Repair
from oral_architect.scan.manifold import surplus_faces, touching_faces
from oral_architect.scan.settings import ScanSettings
from oral_architect.scan.topology import Ints, face_components
from oral_architect.scan.weld import near_points, same_rows
from oral_architect.scan.winding import turn_outward, wind

_FLAT_MM2 = 1e-10
"""A face with less area has no direction: it is below the float32 grid of any file in mm."""
_SPECK_SHARE = 0.01
_FAR_MM = 1e7
_CARRIER_MM = 1.0
"""How far a label may be carried to a vertex that replaces a dropped one; a tenth of a tooth."""
_ROUNDS = 50


class Repairer:
    """A surface under repair: each method does one kind of repair and reports it.

    Parameters
    ----------
    vertices
        ``(n, 3) float, mm``.
    faces
        ``(m, 3) int``.
    settings
        Tolerances and limits.
    where
        How errors name the file.
    """

    def __init__(self, vertices: Points, faces: Faces, settings: ScanSettings, where: str) -> None:
        self._vertices = vertices
        self._faces = faces
        self._settings = settings
        self._where = where
        self.input_vertex: Ints = np.arange(len(vertices))
        """``(n,) int``: for each vertex of the file the vertex that carries it now, or -1."""
        self._fine: tuple[Points, Ints] | None = None  # vertices, and input_vertex, before decimation
        self.repairs: list[Repair] = []
        self.warnings: list[str] = []

    @property
    def mesh(self) -> Mesh:
        """The surface as it is now, mm."""
        return Mesh(self._vertices, self._faces)

    def run(self) -> Repairer:
        """Do every repair in the one order in which none undoes another.

        Raises
        ------
        ScanError
            When nothing, or too little, of the surface is left.
        """
        self.drop_lost_vertices()
        self.weld()
        self.drop_bad_faces()
        self._refuse_if_nothing_left()
        if len(self._faces) > self._settings.max_faces:
            self.coarsen()
        self.make_manifold()
        self.drop_specks()
        self.orient()
        self.drop_unused()
        self._refuse_if_nothing_left()
        self._find_carriers()
        return self

    def drop_lost_vertices(self) -> None:
        """Drop vertices that are no point in space, with their faces.

        Raises
        ------
        ScanError
            When they are too many.
        """
        good = np.asarray((np.abs(self._vertices) < _FAR_MM).all(axis=1))  # false for NaN too
        lost = len(good) - int(good.sum())
        if lost == 0:
            return
        if lost > self._settings.max_lost_share * len(good):
            raise ScanError(
                f"{lost} of {len(good)} vertices have coordinates that are not finite numbers, or kilometres away",
                where=self._where,
                todo="Export the scan again.",
            )
        self._keep_faces(np.asarray(good[self._faces].all(axis=1)))
        self._keep_vertices(good)
        self._report(
            "lost_vertices",
            lost,
            "coordinates that are not finite numbers, or kilometres away; dropped with their faces",
        )

    def weld(self) -> None:
        """Merge vertices that are the same point, then those closer than the tolerance."""
        same = self._merge(same_rows(self._vertices))
        self._report("duplicate_vertices", same, "exactly the same point; merged")
        tolerance = self._settings.weld_mm
        near = self._merge(near_points(self._vertices, tolerance))
        self._report("near_vertices", near, f"closer than {tolerance * 1000:g} µm to another; merged")

    def drop_bad_faces(self) -> None:
        """Drop faces without area and all but the first of faces with the same corners."""
        f = self._faces
        areas = self.mesh.face_areas
        flat = (f[:, 0] == f[:, 1]) | (f[:, 1] == f[:, 2]) | (f[:, 2] == f[:, 0]) | (areas <= _FLAT_MM2)
        self._keep_faces(~flat)
        self._report("degenerate_faces", int(flat.sum()), "two corners in one point or all on a line; dropped")
        first = same_rows(np.sort(self._faces, axis=1).astype(np.float64))
        again = first != np.arange(len(first))
        self._keep_faces(~again)
        self._report("duplicate_faces", int(again.sum()), "the same corners as another face; dropped")

    def coarsen(self) -> None:
        """Decimate to the largest number of faces allowed."""
        before = len(self._faces)
        self.drop_unused(report=False)
        self._fine = (self._vertices, self.input_vertex.copy())
        coarse, nearest = decimate(self.mesh, self._settings.max_faces)
        self._vertices, self._faces = coarse.vertices, coarse.faces
        self._follow(nearest)
        silent, self.repairs = self.repairs, []
        self.drop_bad_faces()
        self.repairs = silent
        self._report("decimated", before - len(self._faces), f"{before} faces made {len(self._faces)}")
        self.warnings.append(f"the surface was decimated from {before} to {len(self._faces)} faces")

    def make_manifold(self) -> None:
        """Drop the smallest faces until every edge has at most two and every vertex one fan of faces.

        Faces without a consistent side (a Möbius band) go the same way.
        """
        fins = touches = twisted = flipped = 0
        for _ in range(_ROUNDS):
            fins += (found := self._drop(surplus_faces(self._faces, self.mesh.face_areas)))
            if found:
                continue
            touches += (found := self._drop(touching_faces(self._faces, self.mesh.face_areas)))
            if found:
                continue
            wound = wind(self._faces, self.mesh.face_areas)
            self._faces = wound.faces
            flipped += wound.flipped
            twisted += (found := self._drop(wound.twisted))
            if not found:
                break
        else:
            self.warnings.append("the surface could not be made one clean sheet; some edges have more than two faces")
        self._report("non_manifold_edges", fins, "third and further faces on an edge; the smallest dropped")
        self._report("non_manifold_vertices", touches, "faces that touch the surface in one vertex only; dropped")
        self._report("twisted", twisted, "faces without a consistent side; dropped")
        self._report("inconsistent", flipped, "faces wound against their neighbours; turned")

    def drop_specks(self) -> None:
        """Drop loose pieces too small to be part of the scan."""
        count, pieces = face_components(self._faces)
        if count < 2:
            return
        areas = self.mesh.face_areas
        sizes = np.bincount(pieces, weights=areas, minlength=count)
        speck = (sizes < self._settings.speck_mm2) & (sizes < _SPECK_SHARE * sizes.sum())
        self._keep_faces(~speck[pieces])
        dropped = int(speck.sum())
        self._report("specks", dropped, f"loose pieces under {self._settings.speck_mm2:g} mm²; dropped")

    def orient(self) -> None:
        """Turn every piece so that its normals point away from the body."""
        if len(self._faces) == 0:
            return
        outward = turn_outward(self.mesh)
        self._faces = outward.faces
        self._report("inverted", outward.flipped, "faces whose normals pointed into the body; turned")
        if outward.uncertain:
            self.warnings.append("the outside of the surface could not be told; the winding of the file was kept")

    def drop_unused(self, *, report: bool = True) -> None:
        """Drop vertices no face uses; the others keep the order of the file."""
        used = np.zeros(len(self._vertices), dtype=bool)
        used[self._faces] = True
        unused = len(used) - int(used.sum())
        if unused == 0:
            return
        self._keep_vertices(used)
        if report:
            self._report("unused_vertices", unused, "used by no face of the repaired surface; dropped")

    def _find_carriers(self) -> None:
        """Give vertices whose carrier was made by decimation and then dropped the nearest one that is left."""
        if self._fine is None:
            return
        from scipy.spatial import cKDTree

        vertices, fine = self._fine
        lost = np.flatnonzero((self.input_vertex < 0) & (fine >= 0))
        if len(lost) == 0:
            return
        nearest = cKDTree(self._vertices).query(vertices[fine[lost]], distance_upper_bound=_CARRIER_MM)[1]
        self.input_vertex[lost] = np.where(nearest < len(self._vertices), nearest, -1)

    def _refuse_if_nothing_left(self) -> None:
        least = self._settings.min_faces
        if len(self._faces) >= least:
            return
        done = ", ".join(f"{r.kind} {r.count}" for r in self.repairs)
        raise ScanError(
            f"the surface has {len(self._faces)} usable faces; at least {least} are needed"
            + (f" (repaired: {done})" if done else ""),
            where=self._where,
            todo="Scan or export at a finer resolution.",
        )

    def _report(self, kind: str, count: int, detail: str) -> None:
        if count:
            self.repairs.append(Repair(kind=kind, count=count, detail=detail))

    def _drop(self, faces: Ints) -> int:
        keep = np.ones(len(self._faces), dtype=bool)
        keep[faces] = False
        self._keep_faces(keep)
        return len(faces)

    def _keep_faces(self, mask: NDArray[np.bool_]) -> None:
        if not mask.all():
            self._faces = self._faces[mask]

    def _keep_vertices(self, mask: NDArray[np.bool_]) -> None:
        numbers = np.where(mask, np.cumsum(mask) - 1, -1)
        self._vertices = self._vertices[mask]
        self._faces = numbers[self._faces].astype(np.int32)
        self._follow(numbers)

    def _merge(self, first: Ints) -> int:
        """Let every vertex be the earlier one it is the same as."""
        kept = first == np.arange(len(first))
        merged = len(first) - int(kept.sum())
        if merged:
            numbers = (np.cumsum(kept) - 1)[first]
            self._vertices = self._vertices[kept]
            self._faces = numbers[self._faces].astype(np.int32)
            self._follow(numbers)
        return merged

    def _follow(self, numbers: Ints) -> None:
        """Keep track of where the vertices of the file have gone."""
        here = self.input_vertex >= 0
        self.input_vertex[here] = numbers[self.input_vertex[here]]
