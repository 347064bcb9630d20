"""The restorations of a case as files for today's machines, each with notes of material and support."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from .figures import machine_figure
from .laser import layer_interface
from .masks import mask_stack
from .milling import Job, milled_side
from .part import Part, on_platform, overhang
from .slice_package import slice_package

if TYPE_CHECKING:
    from oral_architect.design.document import Design, Restoration

MachineForm = Literal["masks", "cli", "slices", "gcode"]
NOTES = "notes.json"


def machine_files(design: Design, form: MachineForm) -> dict[str, bytes]:
    """Return the files of every restoration, by path.

    Parameters
    ----------
    form
        ``masks``: a folder of PNG masks a body. ``cli``: one Common Layer Interface file a body. ``slices``: one 3MF
        package with slices. ``gcode``: two files a body, its outer side and, turned over, its inner one.

    Raises
    ------
    StageError
        When a body is not closed or has no insertion axis; it is named.
    MissingPartError
        When what the form needs is not installed.
    """
    files: dict[str, bytes] = {}
    notes = {}
    parts = []
    for one in design.restorations:
        name = f"restoration_{one.fdi}"
        body = design.shapes[name]
        occlusal = np.asarray(one.insertion_axis, dtype=np.float64)
        if form == "gcode":
            job = Job.of_the_house()
            outer, inner = on_platform(name, body, occlusal), on_platform(name, body, -occlusal)
            files[f"{name}_outer.nc"], files[f"{name}_inner.nc"] = milled_side(outer, job), milled_side(inner, job)
            notes[name] = _of_milling(one, outer, inner, job)
            continue
        # the surface that must fit looks up, away from the platform and its supports
        part = on_platform(name, body, -occlusal)
        parts.append(part)
        notes[name] = _of_building(one, part)
        thickness_mm = machine_figure("slice_mm").need("value")
        if form == "cli":
            files[f"{name}.cli"] = layer_interface(part, thickness_mm=thickness_mm)
        elif form == "masks":
            pixel_mm = machine_figure("mask_pixel_mm").need("value")
            stack = mask_stack(part, thickness_mm=thickness_mm, pixel_mm=pixel_mm, notes=notes[name])
            files |= {f"{name}/{file}": content for file, content in stack.items()}
    if form == "slices":
        materials = {f"restoration_{one.fdi}": one.material for one in design.restorations}
        thickness_mm = machine_figure("slice_mm").need("value")
        files["restorations.3mf"] = slice_package(parts, materials, thickness_mm=thickness_mm)
    files[NOTES] = _bytes(notes)
    return files


def _of_building(one: Restoration, part: Part) -> dict[str, object]:
    angle = machine_figure("self_supporting_deg").need("value")
    hanging = overhang(part, angle)
    return {
        **_of_body(one, part),
        "up": "the inner surface looks up, the chewing surface stands on the platform",
        "support": (
            f"{hanging.area_mm2:.1f} mm² ({hanging.share:.0%}) face the platform flatter than {angle:g}° "
            "and need support; keep it off the margin and the inner surface"
        ),
        "overhang": hanging.model_dump(),
    }


def _of_milling(one: Restoration, outer: Part, inner: Part, job: Job) -> dict[str, object]:
    return {
        **_of_body(one, outer),
        "blank_mm": [round(float(length), 3) for length in outer.size_mm],
        "tool": f"ball, {2 * job.radius:g} mm; inner radii below {job.radius:g} mm are not reached",
        "support": "both sides are cut to the blank's floor, so a web is left where they meet: cut it last, by hand",
        "turned": {"outer": outer.from_patient.tolist(), "inner": inner.from_patient.tolist()},
    }


def _of_body(one: Restoration, part: Part) -> dict[str, object]:
    return {
        "fdi": one.fdi,
        "kind": one.kind,
        "material": one.material,
        "volume_mm3": round(one.volume_mm3, 3),
        "size_mm": [round(float(length), 3) for length in part.size_mm],
    }


def _bytes(notes: Mapping[str, object]) -> bytes:
    return (json.dumps(notes, ensure_ascii=False, indent=1) + "\n").encode()
