"""Brackets, molar tubes and aligner attachments: what orthodontists glue to crowns and a scan shows as tooth."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import SettingsError
from oral_architect.geometry.mesh import Mesh, Points

from .cutting import blob, unite
from .ranges import span

Kind = Literal["bracket", "tube", "attachment"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_EMBEDDED_MM = 0.9
"""How deep its base reaches into the crown, so that no gap stays under it on a curved wall."""


def attach(crown: Mesh, kind: Kind, rng: np.random.Generator, *, lingual: bool = False) -> Mesh:
    """Return a crown with something glued to the middle of its wall.

    Parameters
    ----------
    crown
        Closed crown in the tooth frame, mm.
    kind
        ``"bracket"`` with an archwire slot, ``"tube"`` for molars, ``"attachment"`` for aligners.
    rng
        Source of chance.
    lingual
        On the tongue's side.

    Raises
    ------
    SettingsError
        When there is no such kind.
    StageError
        When the crown is not closed.
    """
    if kind not in KINDS:
        raise SettingsError(f"there is nothing called '{kind}' to attach", todo=f"Use one of {', '.join(KINDS)}.")
    at, axes = _place(crown, -1.0 if lingual else 1.0, rng)
    size = np.array([_draw(rng, kind, name) for name in ("width", "height", "depth")])
    size[:2] = np.minimum(size[:2], 0.75 * np.array([np.ptp(crown.vertices[:, 0]), np.ptp(crown.vertices[:, 2])]))
    if kind == "attachment" and rng.random() < 0.5:
        radii = np.array([size[0] / 2, size[1] / 2, size[2]])
        return unite([crown, blob(at, axes, radii, 0.03, rng)])
    return unite([crown, _in_place(_body(kind, size, rng), at, axes)])


def _draw(rng: np.random.Generator, kind: str, quantity: str) -> float:
    return float(rng.uniform(*span(kind, quantity, "attachment_ranges")))


def _place(crown: Mesh, side: float, rng: np.random.Generator) -> tuple[Points, Points]:
    """The middle of the wall, and rows along the tooth's width, its height and away from it."""
    v, n = crown.vertices, crown.vertex_normals
    low, high = v.min(axis=0), v.max(axis=0)
    wanted = low[2] + _draw(rng, "any", "place") * (high[2] - low[2])
    wall = np.flatnonzero(n[:, 1] * side > 0.5)
    if not len(wall):
        wall = np.arange(len(v))
    off = np.hypot(v[wall, 0] - (low[0] + high[0]) / 2, v[wall, 2] - wanted)
    near = wall[np.argsort(off, kind="stable")[:12]]
    out = n[near].mean(axis=0)
    out /= np.linalg.norm(out)
    turn = np.radians(_draw(rng, "any", "turn") * rng.choice([-1.0, 1.0]))
    along = np.array([np.cos(turn), 0, np.sin(turn)])
    along -= out * (along @ out)
    along /= np.linalg.norm(along)
    return np.asarray(v[near].mean(axis=0)), np.stack([along, np.cross(out, along), out])


def _body(kind: Kind, size: NDArray[np.float64], rng: np.random.Generator) -> Any:
    """A solid with its middle at the origin and +z away from the tooth."""
    import manifold3d

    width, height, depth = size
    body = manifold3d.Manifold.cube((width, height, depth + _EMBEDDED_MM)).translate(
        (-width / 2, -height / 2, -_EMBEDDED_MM)
    )
    if kind == "attachment":  # one side slopes to the tooth
        slope = manifold3d.Manifold.cube((width * 2, height * 2, depth * 2)).translate((-width, 0, 0))
        return body - slope.rotate((-rng.uniform(25, 60), 0, 0)).translate((0, rng.uniform(-0.2, 0.3) * height, depth))
    slot = _draw(rng, "bracket", "slot")
    body -= manifold3d.Manifold.cube((width * 2, slot, depth)).translate((-width, -slot / 2, 0.45 * depth))
    if kind == "bracket" and rng.random() < 0.7:  # twin wings
        gap = 0.3 * width
        body -= manifold3d.Manifold.cube((gap, height * 2, depth)).translate((-gap / 2, -height, 0.4 * depth))
    return body


def _in_place(body: Any, at: Points, axes: Points) -> Mesh:
    found = body.to_mesh64()
    points = np.array(found.vert_properties)[:, :3]
    # (width, height, out) is right-handed or its faces must turn
    faces = np.array(found.tri_verts, dtype=np.int32)
    if np.linalg.det(axes) < 0:
        faces = faces[:, ::-1]
    return Mesh(points @ axes + at, faces)
