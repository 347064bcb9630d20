"""The construction file: all another CAD or a mill needs to know of restorations beside their meshes, as open JSON.

Its schema is published (``oral-architect schema Construction``).
Everything is in mm, degrees, µm where the name says so, in the frame the file states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from oral_architect.case import Record, Vector
from oral_architect.design.document import Check, Restoration, RestorationKind, Touch
from oral_architect.errors import InputError

if TYPE_CHECKING:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.design.document import Design


class Cement(Record):
    """The designed room for cement."""

    gap_um: float
    margin_gap_um: float
    gap_starts_mm: float
    """From the finish line."""
    tool_radius_mm: float


class Part(Record):
    """One restoration of a construction."""

    tooth: int
    """FDI, ISO 3950."""
    kind: RestorationKind
    material: str
    mesh: str
    """File beside this one: the closed body."""
    mesh_sha256: str
    insertion_axis: Vector
    """Unit direction in which the restoration is taken off."""
    margin: tuple[Vector, ...] = ()
    """Finish line, closed, without the repeated first point; empty where the restoration ends without one."""
    margin_sure: tuple[bool, ...] = ()
    """For each point of the margin whether it was seen on the scan."""
    margin_kind: str = ""
    cement: Cement | None = None
    volume_mm3: float
    neighbours: tuple[int, ...] = ()
    antagonists: tuple[int, ...] = ()
    contacts: tuple[Touch, ...] = ()
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()


class Construction(Record):
    """A construction: restorations of one mouth in one frame."""

    format: Literal["oral-architect construction"] = "oral-architect construction"
    version: Literal[1] = 1
    unit: Literal["mm"] = "mm"
    frame: Literal["patient LPS", "scan file"] = "patient LPS"
    """``patient LPS``: +x left, +y posterior, +z superior, as in DICOM."""
    software: str
    parts: tuple[Part, ...]

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def read_construction(content: bytes, where: str = "construction file") -> Construction:
    """Read a construction file.

    Raises
    ------
    InputError
        When it does not have the form, or is of a version this program does not know.
    """
    try:
        return Construction.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"this is no construction file: {place}: {first['msg']}.", where=where, todo="Export it again."
        ) from None


def construction_of(landscape: Landscape, design: Design, meshes: dict[int, tuple[str, str]]) -> Construction:
    """Describe a design.

    Parameters
    ----------
    landscape
        Neighbours and antagonists.
    design
        The restorations.
    meshes
        For each tooth the name of its mesh file and the file's SHA-256.
    """
    import oral_architect

    standing = {tooth.fdi for tooth in landscape.teeth}
    parts = tuple(_part(one, design, meshes[one.fdi], standing) for one in design.restorations)
    return Construction(software=f"oral-architect {oral_architect.__version__}", parts=parts)


def _part(one: Restoration, design: Design, mesh: tuple[str, str], standing: set[int]) -> Part:
    from oral_architect.design.bodies import CementSettings
    from oral_architect.teeth.fdi import antagonists, neighbours

    line = design.arrays.get(f"finish_line_{one.fdi}")
    sure = design.arrays.get(f"finish_line_sure_{one.fdi}")
    cement = CementSettings() if one.preparation is not None else None
    return Part(
        tooth=one.fdi,
        kind=one.kind,
        material=one.material,
        mesh=mesh[0],
        mesh_sha256=mesh[1],
        insertion_axis=one.insertion_axis,
        margin=() if line is None else tuple((float(x), float(y), float(z)) for x, y, z in line),
        margin_sure=() if sure is None else tuple(bool(x) for x in sure),
        margin_kind=one.preparation.margin if one.preparation else "",
        cement=Cement(
            gap_um=cement.gap_um,
            margin_gap_um=cement.margin_gap_um,
            gap_starts_mm=cement.gap_starts_mm,
            tool_radius_mm=cement.tool_radius_mm,
        )
        if cement
        else None,
        volume_mm3=one.volume_mm3,
        neighbours=tuple(t for t in neighbours(one.fdi) if t is not None and t in standing),
        antagonists=tuple(t for t in antagonists(one.fdi) if t in standing),
        contacts=one.contacts,
        checks=one.checks,
        notes=one.notes,
    )
