"""A bridge: crowns and pontics joined by connectors of a given section, as one closed body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.solids import mesh_of, solid_of

from .crossing import crossings
from .document import Body

Floats = NDArray[np.float64]

TALL = 1.25
"""Height of a connector over its width: stiffness grows with the cube of the height."""
ANCHOR_MM = 0.8
"""How far a connector reaches into the units on either side."""
KEEP_MM = 0.3
"""Wall left between a connector and an intaglio."""
MEETING_MM = 0.3
"""Its section is measured as far as this beyond the place where the units come closest; farther in lies a unit."""
SIDES = 48
SLICES = 9


@dataclass(frozen=True, eq=False)
class Connector:
    """A connector between two units: a straight piece of elliptic section.

    Parameters
    ----------
    centre
        ``(3,) mm``.
    along
        ``(3,)`` unit direction from one unit to the other.
    up
        ``(3,)`` unit direction of its height, across ``along``.
    width_mm, height_mm
        Axes of the ellipse.
    length_mm
        From end to end.
    apart_mm
        How far the units stand apart where it lies.
    """

    centre: Points
    along: Floats
    up: Floats
    width_mm: float
    height_mm: float
    length_mm: float
    apart_mm: float = 0.0

    def ends(self) -> tuple[Floats, Floats]:
        """Return the two places, ``(3,) mm``, between which it is a connector: on either side of where units meet."""
        reach = self.apart_mm / 2 + MEETING_MM
        return self.centre - reach * self.along, self.centre + reach * self.along

    @property
    def area_mm2(self) -> float:
        """Area of the section as designed."""
        return float(np.pi / 4 * self.width_mm * self.height_mm)

    def mesh(self) -> Mesh:
        """Closed body."""
        turn = np.arange(SIDES) / SIDES * 2 * np.pi
        side = np.cross(self.up, self.along)
        # a polygon inside an ellipse is smaller than it: widened to the same area
        grow = np.sqrt(np.pi / (SIDES / 2 * np.sin(2 * np.pi / SIDES)))
        ring = (
            grow / 2 * (np.cos(turn)[:, None] * side * self.width_mm + np.sin(turn)[:, None] * self.up * self.height_mm)
        )
        ends = [self.centre + s * self.length_mm / 2 * self.along for s in (-1.0, 1.0)]
        points = np.concatenate([ends[0] + ring, ends[1] + ring, np.stack(ends)])
        i = np.arange(SIDES)
        j = (i + 1) % SIDES
        low, high = np.full(SIDES, 2 * SIDES), np.full(SIDES, 2 * SIDES + 1)
        corners = [(i, j, j + SIDES), (i, j + SIDES, i + SIDES), (j, i, low), (i + SIDES, j + SIDES, high)]
        mesh = Mesh(points, np.concatenate([np.stack(c, axis=1) for c in corners]).astype(np.int32))
        return mesh if mesh.volume_mm3 > 0 else Mesh(mesh.vertices, mesh.faces[:, ::-1])


def connector_between(a: Mesh, b: Mesh, area_mm2: float, occlusal: Floats) -> Connector:
    """Place a connector of a given section where two units come closest, with its upper end at the contact.

    Parameters
    ----------
    a, b
        Outer surfaces of neighbouring units, mm.
    area_mm2
        Section wanted, as from ``reference/connector_limits.csv``.
    occlusal
        ``(3,)``: occlusal direction.

    Raises
    ------
    StageError
        When the units are not neighbours.
    """
    near = Surface(b).nearest(a.vertices)
    apart = float(near.distance_mm.min())
    if apart > 3.0:
        raise StageError(
            f"the units stand {apart:.1f} mm apart", where="bridge", todo="Make the units wider, or add a unit."
        )
    close = near.distance_mm < apart + 0.15
    contact = (a.vertices[close] + near.points[close]).mean(axis=0) / 2
    along = b.vertices.mean(axis=0) - a.vertices.mean(axis=0)
    up = np.asarray(occlusal, dtype=float) / np.linalg.norm(occlusal)
    along = along - (along @ up) * up
    along /= np.linalg.norm(along)
    width = float(np.sqrt(4 * area_mm2 / (np.pi * TALL)))
    height = width * TALL
    # under the contact: the embrasure above it stays open to be seen as two teeth
    centre = contact - 0.25 * height * up
    length = apart + 2 * ANCHOR_MM + 0.5 * width
    return Connector(centre, along, up, width, height, length, apart)


def bridge_body(units: Sequence[Body], connectors: Sequence[Connector], axis: Floats) -> Body:
    """Join crowns and pontics to one body.

    Parameters
    ----------
    units
        Crowns made along one insertion axis, and pontics (bodies whose faces are all outer), in order.
    connectors
        Between them, in order.
    axis
        ``(3,)``: the common insertion axis.

    Raises
    ------
    StageError
        When the pieces do not become one closed body.
    """
    import manifold3d

    first = int(manifold3d.Manifold.reserve_ids(len(units) + len(connectors)))
    solids = [_solid(u.mesh, first + i) for i, u in enumerate(units)]
    rooms = [room for u in units if u.intaglio.any() for room in _rooms(u, np.asarray(axis, dtype=float))]
    pieces = []
    for i, connector in enumerate(connectors):
        piece = _solid(connector.mesh(), first + len(units) + i)
        for room in rooms:
            piece = piece - room
            piece.status()  # now, not all at once: joining the rooms first would take a minute
        pieces.append(max(piece.decompose(), key=lambda p: float(p.volume())))
    whole = manifold3d.Manifold.batch_boolean([*solids, *pieces], manifold3d.OpType.Add)
    parts = [p for p in whole.decompose() if p.volume() > 0.02]
    if len(parts) != 1:
        raise StageError(
            f"the bridge falls into {len(parts)} pieces", where="bridge", todo="Make its connectors larger or longer."
        )
    mesh, owner, face = mesh_of(parts[0])
    intaglio = np.zeros(len(mesh.faces), dtype=np.bool_)
    for i, unit in enumerate(units):
        mine = owner == first + i
        intaglio[mine] = unit.intaglio[face[mine]]
    crossing = len(crossings(mesh))
    if not mesh.is_watertight or crossing:
        raise StageError(f"the bridge would cut through itself at {crossing} places", where="bridge")
    outer = ~intaglio
    notes = [n for u in units for n in u.notes]
    for connector in connectors:
        area, width, height = section_of(mesh, connector)
        notes.append(f"Connector: {area:.1f} mm² at its narrowest, {width:.1f} mm wide and {height:.1f} mm high.")
    return Body(mesh, outer, intaglio, mesh.part(outer)[0], "boolean", tuple(notes))


def section_of(bridge: Mesh, connector: Connector) -> tuple[float, float, float]:
    """Least section across a connector: area mm², width mm, height mm, as measured on the bridge."""
    side = np.cross(connector.up, connector.along)
    turn = np.stack([side, connector.up, connector.along])
    local = Mesh((bridge.vertices - connector.centre) @ turn.T, bridge.faces)
    solid = _solid(local, 0)
    best = (np.inf, 0.0, 0.0)
    reach = connector.apart_mm / 2 + MEETING_MM
    for at in np.linspace(-reach, reach, SLICES):
        for polygon in solid.slice(float(at)).decompose():
            x0, y0, x1, y1 = polygon.bounds()
            holds = x0 <= 0.0 <= x1 and y0 <= 0.0 <= y1
            if holds and polygon.area() < best[0]:
                best = (float(polygon.area()), float(x1 - x0), float(y1 - y0))
    return best


def _rooms(unit: Body, axis: Floats) -> list[Any]:
    """The room under a crown as a solid open toward the root, where it is and a wall's width away on every side."""
    inner, _ = unit.mesh.part(unit.intaglio)
    up = axis / np.linalg.norm(axis)
    lifted = Mesh(inner.vertices, inner.faces[:, ::-1])  # seen from the outside of the room
    edge = lifted.open_edges
    n = len(lifted.vertices)
    depth = float((lifted.vertices @ up).min()) - 2.0
    low = lifted.vertices + (depth - lifted.vertices @ up)[:, None] * up
    # the same faces, flattened and turned over, close it below; walls join the two
    a, b = edge.T
    walls = np.concatenate([np.stack([b, a, a + n], axis=1), np.stack([b, a + n, b + n], axis=1)])
    faces = np.concatenate([lifted.faces.astype(np.int64), lifted.faces[:, ::-1].astype(np.int64) + n, walls])
    solid = _solid(Mesh(np.concatenate([lifted.vertices, low]), faces.astype(np.int32)), 0)
    step = KEEP_MM * up
    side = np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))])
    side = KEEP_MM * side / np.linalg.norm(side)
    other = np.cross(up, side)
    return [solid, *(solid.translate(tuple(shift)) for shift in (step, side, -side, other, -other))]


def _solid(mesh: Mesh, identity: int) -> Any:
    import manifold3d

    solid = solid_of(mesh, identity)
    if solid.status() != manifold3d.Error.NoError:
        raise StageError(f"a unit is not closed ({solid.status().name})", where="bridge")
    return solid


def pontic_unit(form: Mesh) -> Body:
    """A pontic's closed form as a unit of a bridge: all of it is seen."""
    outer: Mask = np.ones(len(form.faces), dtype=np.bool_)
    return Body(form, outer, ~outer, form, "form")
