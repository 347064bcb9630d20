"""A programme as a 3MF package with the volumetric extension: each body's mesh, and its doses as a field inside it.

Sheets go up along z, columns along x; the last row of a sheet is the lowest y (specification 1.0.0, section 3.2). A
full voxel reads 1. The extension is required: a machine that does not know it must not build the body evenly filled.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oral_architect.mesh_files import threemf_package

if TYPE_CHECKING:
    from oral_architect.geometry import Mesh
    from oral_architect.programme import Programme, ToothProgramme

_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_VOLUMETRIC = "http://schemas.3mf.io/3dmanufacturing/volumetric/2022/01"
BYTE, WORD = 255, 65535


def dose_package(programme: Programme, bodies: dict[int, Mesh]) -> bytes:
    """Return a 3MF package (core 1.3, volumetric 1.0), unit millimetre, patient frame, one object a tooth.

    Parameters
    ----------
    bodies
        The restorations the programme was made from, by FDI number.
    """
    resources: list[str] = []
    items: list[str] = []
    pictures: dict[str, bytes] = {}
    for number, tooth in enumerate(programme.teeth):
        volume, thing = 4 * number + 3, 4 * number + 4
        doses = dose_grid(programme, tooth)
        deep = tooth.dose_per_voxel > BYTE
        folder = f"3D/volumetric/dose_{tooth.fdi}"
        sheets = {f"{folder}/{k:04d}.png": _png(doses[:, :, k], deep) for k in range(doses.shape[2])}
        pictures |= sheets
        full = (WORD if deep else BYTE) / tooth.dose_per_voxel
        resources += [_field(volume, tuple(sheets), doses.shape, full, _transform(programme, tooth, doses.shape))]
        resources += [_object(thing, volume, f"restoration_{tooth.fdi}", bodies[tooth.fdi])]
        items.append(f'<item objectid="{thing}"/>')
    model = (
        f'<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}" '
        f'xmlns:v="{_VOLUMETRIC}" requiredextensions="v"><resources>{"".join(resources)}</resources>'
        f"<build>{''.join(items)}</build></model>"
    )
    return threemf_package(model, pictures)


def _field(volume: int, sheets: tuple[str, ...], shape: tuple[int, ...], full: float, transform: str) -> str:
    """The sheets, the function that reads them, and the property they are, the last under the number ``volume``."""
    image, function = volume - 2, volume - 1
    named = "".join(f'<v:imagesheet path="/{path}"/>' for path in sheets)
    return (
        f'<v:image3d id="{image}"><v:imagestack rowcount="{shape[1]}" columncount="{shape[0]}" '
        f'sheetcount="{shape[2]}">{named}</v:imagestack></v:image3d>'
        f'<v:functionfromimage3d id="{function}" displayname="dose" image3did="{image}" valueoffset="0" '
        f'valuescale="{full:.9g}" tilestyleu="clamp" tilestylev="clamp" tilestylew="clamp" filter="nearest"/>'
        f'<v:volumedata id="{volume}"><v:property name="dose" transform="{transform}" functionid="{function}" '
        'channel="red"/></v:volumedata>'
    )


def _object(number: int, volume: int, name: str, body: Mesh) -> str:
    corners = "".join(f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>' for x, y, z in body.vertices.tolist())
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in body.faces.tolist())
    return (
        f'<object id="{number}" type="model" name="{name}"><mesh v:volumeid="{volume}">'
        f"<vertices>{corners}</vertices><triangles>{faces}</triangles></mesh></object>"
    )


def dose_grid(programme: Programme, tooth: ToothProgramme) -> NDArray[np.uint16]:
    """Return the doses of a tooth as a grid from its first used voxel, ``(nx, ny, nz)``."""
    voxels, dose = programme.arrays[f"voxels_{tooth.fdi}"], programme.arrays[f"dose_{tooth.fdi}"]
    own = (voxels - voxels.min(axis=0)).astype(np.int64)
    grid = np.zeros(own.max(axis=0) + 1, dtype=np.uint16)
    grid[tuple(own.T)] = dose
    return grid


def _transform(programme: Programme, tooth: ToothProgramme, shape: tuple[int, ...]) -> str:
    """Object to UVW coordinates: the grid's box becomes the unit cube."""
    first = programme.arrays[f"voxels_{tooth.fdi}"].min(axis=0)
    low = np.asarray(tooth.origin_mm) + (first - 0.5) * tooth.voxel_mm
    scale = 1.0 / (np.asarray(shape) * tooth.voxel_mm)
    x, y, z = scale.tolist()
    shift = " ".join(f"{value:.9g}" for value in (-low * scale).tolist())
    return f"{x:.9g} 0 0 0 {y:.9g} 0 0 0 {z:.9g} {shift}"


def _png(plane: NDArray[np.uint16], deep: bool) -> bytes:
    from PIL import Image

    rows = np.flipud(plane.T)
    written = io.BytesIO()
    Image.fromarray(rows if deep else rows.astype(np.uint8)).save(written, format="PNG")
    return written.getvalue()
