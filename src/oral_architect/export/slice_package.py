"""Parts as a 3MF package with the slice extension: the mesh, and the outlines a voxel printer takes instead of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from oral_architect.mesh_files import threemf_package

from .part import Part, Ring, Slice, sliced

_SLICES = "http://schemas.microsoft.com/3dmanufacturing/slice/2015/07"
_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"


def slice_package(parts: Sequence[Part], materials: Mapping[str, str], *, thickness_mm: float) -> bytes:
    """Return a 3MF package (core 1.3, slice 1.0), unit millimetre, one object a part with its slices.

    Parameters
    ----------
    materials
        Name of the material of each part, by the part's name; kept as the base material of its object.

    Raises
    ------
    StageError
        When a part is no closed body.
    """
    resources, items = [], []
    for number, part in enumerate(parts):
        base, stack, thing = (3 * number + k for k in (1, 2, 3))
        material = _plain(materials.get(part.name, ""))
        resources.append(
            f'<basematerials id="{base}"><base name="{material}" displaycolor="#F1EADBFF"/></basematerials>'
        )
        slices = "".join(_slice(one) for one in sliced(part, thickness_mm))
        resources.append(f'<s:slicestack id="{stack}" zbottom="0">{slices}</s:slicestack>')
        corners = "".join(f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>' for x, y, z in part.mesh.vertices.tolist())
        faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in part.mesh.faces.tolist())
        resources.append(
            f'<object id="{thing}" type="model" name="{_plain(part.name)}" pid="{base}" pindex="0" '
            f's:slicestackid="{stack}" s:meshresolution="fullres"><mesh><vertices>{corners}</vertices>'
            f"<triangles>{faces}</triangles></mesh></object>"
        )
        items.append(f'<item objectid="{thing}"/>')
    model = (
        f'<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}" '
        f'xmlns:s="{_SLICES}"><resources>{"".join(resources)}</resources><build>{"".join(items)}</build></model>'
    )
    return threemf_package(model)


def _slice(one: Slice) -> str:
    vertices, polygons, first = [], [], 0
    for ring in one.rings:
        vertices += [f'<s:vertex x="{x:.6f}" y="{y:.6f}"/>' for x, y in ring.tolist()]
        polygons.append(_polygon(ring, first))
        first += len(ring)
    inside = f"<s:vertices>{''.join(vertices)}</s:vertices>{''.join(polygons)}" if vertices else ""
    return f'<s:slice ztop="{one.top_mm:.6f}">{inside}</s:slice>'


def _polygon(ring: Ring, first: int) -> str:
    ends = [*range(first + 1, first + len(ring)), first]
    segments = "".join(f'<s:segment v2="{end}"/>' for end in ends)
    return f'<s:polygon startv="{first}">{segments}</s:polygon>'


def _plain(text: str) -> str:
    return escape(text, {'"': "&quot;"})
