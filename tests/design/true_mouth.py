"""The landscape of a synthetic patient as its truth has it: no network looks at the scans."""

from __future__ import annotations

import numpy as np

from oral_architect.anatomy.document import Arch, Bite, Landscape, Tooth
from oral_architect.case import matrix4
from oral_architect.geometry import Mesh
from oral_architect.phantom.patient import Patient
from oral_architect.teeth.fdi import jaw_of


def landscape_of(patient: Patient, without: tuple[int, ...] = ()) -> Landscape:
    """Return the mouth in bite, patient frame; teeth in ``without`` are cut out of it and missing."""
    back = np.asarray(np.linalg.inv(np.asarray(patient.to_scan)))
    shapes: dict[str, Mesh] = {}
    teeth: list[Tooth] = []
    arches: list[Arch] = []
    for jaw in ("upper", "lower"):
        scan, labels = patient.shapes[f"{jaw}_scan"].transformed(back), patient.arrays[f"labels_{jaw}"]
        shapes[jaw], kept = scan.part(~np.isin(labels[scan.faces], without).any(axis=1))
        own = labels[kept]
        there = [t for t in patient.teeth if jaw_of(t.fdi) == jaw and t.fdi not in without]
        for tooth in there:
            mesh = shapes[jaw]
            crown, _ = mesh.part((own[mesh.faces] == tooth.fdi).all(axis=1))
            local = (crown.vertices - crown.vertices.mean(axis=0)) @ np.asarray(tooth.axes).T
            extent = np.ptp(local, axis=0)
            shapes[f"crown_{tooth.fdi}"] = crown
            teeth.append(
                Tooth(
                    fdi=tooth.fdi,
                    confidence=1.0,
                    centroid_mm=tooth.centroid_mm,
                    axes=tooth.axes,
                    width_md_mm=float(extent[0]),
                    width_bl_mm=float(extent[1]),
                    height_mm=float(extent[2]),
                )
            )
        arches.append(
            Arch(
                jaw=jaw,
                jaw_confidence=1.0,
                pose_confidence=1.0,
                to_patient=matrix4(np.eye(4)),
                teeth=tuple(t.fdi for t in there),
                missing=tuple(fdi for fdi in without if jaw_of(fdi) == jaw),
            )
        )
    bite = Bite(
        given=True,
        lower_moved=matrix4(np.eye(4)),
        contacts=(),
        max_penetration_mm=0.0,
        residual_mm=0.0,
        ambiguous=False,
    )
    return Landscape(arches=tuple(arches), teeth=tuple(teeth), shapes=shapes, bite=bite)
