"""Still pictures of surfaces without a GPU or a display: rays from embree, light and shade from numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oral_architect.errors import SettingsError

from .mesh import Mesh, Points

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]
"""``(height, width, 3) uint8``, sRGB."""


@dataclass(frozen=True)
class View:
    """A parallel view: ``look`` points into the picture, ``up`` towards its upper edge (both ``(3,)``, LPS)."""

    look: tuple[float, float, float]
    up: tuple[float, float, float]


VIEWS = {
    "frontal": View((0, 1, 0), (0, 0, 1)),
    "left": View((-1, 0, 0), (0, 0, 1)),
    "right": View((1, 0, 0), (0, 0, 1)),
    "upper_occlusal": View((0, 0, 1), (0, -1, 0)),
    "lower_occlusal": View((0, 0, -1), (0, 1, 0)),
    "three_quarter": View((-0.5, 0.8, -0.26), (0, 0, 1)),
    "three_quarter_below": View((-0.5, 0.8, 0.26), (0, 0, 1)),
}
"""The views by name; the patient's right is on the viewer's left, as in every chart."""


@dataclass(frozen=True, eq=False)
class Coloured:
    """A mesh with sRGB colours in 0 to 1: one ``(3,)``, one a vertex ``(n, 3)`` or one a face ``(m, 3)``."""

    mesh: Mesh
    colour: ArrayLike

    def corners(self) -> Floats:
        """Return the colour of each face corner, ``(m, 3, 3) float``.

        Raises
        ------
        SettingsError
            When there is neither one colour, nor one a vertex, nor one a face.
        """
        colour, faces = np.asarray(self.colour, dtype=float), self.mesh.faces
        if colour.shape == (3,):
            return np.broadcast_to(colour, (len(faces), 3, 3))
        if colour.shape == (len(self.mesh.vertices), 3):
            return np.asarray(colour[faces])
        if colour.shape == (len(faces), 3):
            return np.repeat(colour[:, None], 3, axis=1)
        raise SettingsError(
            f"colours of shape {colour.shape} fit neither {len(self.mesh.vertices)} vertices nor {len(faces)} faces",
            where="render",
        )


@dataclass(frozen=True, eq=False)
class Camera:
    """A parallel projection onto a picture of ``size`` (width, height) pixels."""

    axes: Floats
    """``(3, 3)``: unit rows right, up, look."""
    centre_mm: Floats
    px_per_mm: float
    size: tuple[int, int]

    def project(self, points: Points) -> Floats:
        """Return pixel coordinates ``(n, 2)`` (x right, y down) of ``(n, 3)`` points in mm."""
        local = (np.atleast_2d(points) - self.centre_mm) @ self.axes[:2].T * self.px_per_mm
        return np.asarray(local * (1, -1) + np.array(self.size) / 2)


def camera_for(parts: Sequence[Coloured], view: str | View, size: tuple[int, int], *, margin: float = 0.06) -> Camera:
    """Return the camera of a view that shows all parts.

    Parameters
    ----------
    parts
        What must be in the picture.
    view
        A name in :data:`VIEWS`, or a view of your own.
    size
        Width and height, pixels.
    margin
        Free border as a fraction of the picture.

    Raises
    ------
    SettingsError
        When the view is unknown or there is nothing to see.
    """
    if isinstance(view, str):
        if view not in VIEWS:
            raise SettingsError(f"there is no view '{view}'", where="render", todo=f"Use one of {', '.join(VIEWS)}.")
        view = VIEWS[view]
    seen = [p.mesh.vertices for p in parts if len(p.mesh.faces)]
    if not seen:
        raise SettingsError("there is no surface to draw", where="render")
    look = np.array(view.look, float) / np.linalg.norm(view.look)
    right = np.cross(look, view.up)
    right /= np.linalg.norm(right)
    axes = np.array([right, np.cross(right, look), look])
    local = np.concatenate(seen) @ axes.T
    low, high = local.min(axis=0), local.max(axis=0)
    extent = np.maximum(high - low, 1e-6)
    scale = float(min(size[0] / extent[0], size[1] / extent[1]) * (1 - 2 * margin))
    return Camera(axes, (low + high) / 2 @ axes, scale, size)


def render(
    parts: Sequence[Coloured],
    view: str | View = "frontal",
    size: tuple[int, int] = (900, 700),
    *,
    camera: Camera | None = None,
    background: tuple[float, float, float] = (0.965, 0.969, 0.973),
    samples: int = 2,
    occlusion_rays: int = 24,
) -> Picture:
    """Draw coloured meshes with two warm lights, ambient occlusion and smooth normals.

    Parameters
    ----------
    parts
        Meshes with their colours; patient frame, mm.
    view
        A name in :data:`VIEWS`, or a view of your own; ignored when ``camera`` is given.
    size
        Width and height, pixels.
    camera
        From :func:`camera_for`: gives two pictures the same frame.
    background
        sRGB, 0 to 1.
    samples
        Rays along each side of a pixel: 2 means 2 x 2.
    occlusion_rays
        Rays a vertex for the ambient occlusion, 0 for none.

    Raises
    ------
    SettingsError
        When the view is unknown, a colour does not fit, or there is nothing to see.
    """
    camera = camera or camera_for(parts, view, size)
    parts = [p for p in parts if len(p.mesh.faces)]
    scene = _scene([p.mesh for p in parts])
    hit, face, weights = _primary(scene, camera, samples)
    corner = _corner_data(parts, scene, occlusion_rays).astype(np.float32)
    # single precision is plenty for light and twice as fast
    mixed = sum(weights[:, c, None] * corner[face, c] for c in range(3))
    light = _shade(mixed[:, :3], mixed[:, 3:6], mixed[:, 6], camera)
    width, height = camera.size
    canvas = np.empty((height * samples * width * samples, 3), np.float32)
    canvas[:] = _linear(np.array(background))
    canvas[hit] = light
    averaged = canvas.reshape(height, samples, width, samples, 3).mean(axis=(1, 3))
    return np.asarray(np.rint(_srgb(averaged) * 255), dtype=np.uint8)


def openness(
    points: Points, normals: Floats, meshes: Sequence[Mesh], *, rays: int = 32, reach_mm: float = 7.0
) -> Floats:
    """Return how open to the sky each point is, ``(n,) float``: 1 free, 0 buried (ambient occlusion).

    Cosine-weighted rays on a spherical Fibonacci set, the same for every point, so the result needs no seed.

    Parameters
    ----------
    points, normals
        ``(n, 3)`` mm and unit.
    meshes
        What may stand in the way.
    rays
        Rays a point.
    reach_mm
        How far away something still casts a shadow.
    """
    return _openness(points, normals, _scene(meshes), rays, reach_mm)


def save_png(picture: Picture, path: Path) -> Path:
    """Write a picture as PNG and return its path."""
    from PIL import Image

    Image.fromarray(picture).save(path, format="PNG")
    return path


def _scene(meshes: Sequence[Mesh]) -> Any:
    """Put all meshes as one triangle list into an embree scene; face numbers run through all of them."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    scene = EmbreeScene()
    triangles = np.concatenate([m.vertices[m.faces] for m in meshes]).astype(np.float32)
    TriangleMesh(scene, triangles)
    return scene


def _primary(scene: Any, camera: Camera, samples: int) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats]:
    """Shoot the camera's rays; return the sub-pixels that hit, the face each hit, and its barycentric weights."""
    width, height = camera.size
    step = 1 / (camera.px_per_mm * samples)
    x = (np.arange(width * samples) + 0.5 - width * samples / 2) * step
    y = -(np.arange(height * samples) + 0.5 - height * samples / 2) * step
    start = camera.centre_mm - camera.axes[2] * 500
    origins = start + (y[:, None, None] * camera.axes[1] + x[None, :, None] * camera.axes[0])
    origins = origins.reshape(-1, 3).astype(np.float32)
    directions = np.broadcast_to(camera.axes[2].astype(np.float32), origins.shape).copy()
    answer = scene.run(origins, directions, output=True)
    hit = np.flatnonzero(answer["primID"] >= 0)
    u, v = answer["u"][hit], answer["v"][hit]
    return hit, answer["primID"][hit], np.stack([1 - u - v, u, v], axis=1)


def _corner_data(parts: Sequence[Coloured], scene: Any, occlusion_rays: int) -> Floats:
    """Linear colour, normal and openness of each face corner, ``(m, 3, 7) float``."""
    rows = []
    for part in parts:
        mesh, normals = part.mesh, part.mesh.vertex_normals
        free = np.ones(len(mesh.vertices))
        if occlusion_rays:
            free = _openness(mesh.vertices, normals, scene, occlusion_rays, 7.0)
        rows.append(np.concatenate([_linear(part.corners()), normals[mesh.faces], free[mesh.faces][..., None]], axis=2))
    return np.concatenate(rows)


def _openness(points: Points, normals: Floats, scene: Any, rays: int, reach_mm: float) -> Floats:
    directions = _hemisphere(rays)
    x, y = _tangents(normals)
    origins = (points + normals * 0.03).astype(np.float32)
    reach = np.full(len(points), reach_mm, np.float32)
    free = np.zeros(len(points))
    for dx, dy, dz in directions:
        ray = (dx * x + dy * y + dz * normals).astype(np.float32)
        free += scene.run(origins, ray, dists=reach, query="OCCLUDED") < 0
    return free / rays


def _hemisphere(rays: int) -> Floats:
    """Cosine-weighted directions around +z on a Fibonacci lattice, ``(rays, 3) float``."""
    i = np.arange(rays) + 0.5
    radius, angle = np.sqrt(i / rays), np.pi * (1 + 5**0.5) * i
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1 - i / rays)], axis=1)


def _tangents(normals: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors across each normal without a branch at the poles (Duff et al., JCGT 6(1), 2017)."""
    nx, ny, nz = normals.T
    sign = np.copysign(1.0, nz)
    a = -1 / (sign + nz)
    b = nx * ny * a
    return (
        np.stack([1 + sign * nx * nx * a, sign * b, -sign * nx], axis=1),
        np.stack([b, sign + ny * ny * a, -ny], axis=1),
    )


def _shade(colour: Floats, normals: Floats, free: Floats, camera: Camera) -> Floats:
    """Light each sample: warm key, soft fill, sky and bounce, a narrow gloss; linear colour, ``(k, 3) float``."""
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    facing = -(normals @ camera.axes[2])
    inside = facing < 0
    normals = np.where(inside[:, None], -normals, normals)
    key, fill = _direction(camera, -0.45, 0.65, -0.75), _direction(camera, 0.8, 0.1, -0.6)
    sky = 0.5 + 0.5 * (normals @ camera.axes[1])
    shadow = free**1.3
    light = (
        np.outer(np.clip(normals @ key, 0, None) * (0.35 + 0.65 * shadow), (0.86, 0.82, 0.76))
        + np.outer(np.clip(normals @ fill, 0, None) * (0.5 + 0.5 * shadow), (0.24, 0.26, 0.29))
        + np.outer(shadow * (0.16 + 0.2 * sky), (0.94, 0.98, 1.04))
    )
    half = key - camera.axes[2]
    gloss = np.clip(normals @ (half / np.linalg.norm(half)), 0, None) ** 60 * 0.16 * shadow
    lit = colour * light + gloss[:, None]
    # the back of an open shell is not a tooth: it is drawn dull and dark
    lit[inside] = lit[inside] * 0.2 + lit[inside].mean(axis=1, keepdims=True) * 0.3
    return np.asarray(lit / (1 + np.maximum(lit - 0.85, 0)))


def _direction(camera: Camera, right: float, up: float, look: float) -> Floats:
    vector = np.array([right, up, look]) @ camera.axes
    return np.asarray(vector / np.linalg.norm(vector))


def _linear(srgb: Floats) -> Floats:
    """From sRGB to linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(linear: Floats) -> Floats:
    """From linear light to sRGB (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
