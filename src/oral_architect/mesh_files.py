"""One mesh as the bytes of a file another program reads: STL, PLY, OBJ, GLB, 3MF, DICOM encapsulated STL."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oral_architect.case.disk import digest
from oral_architect.errors import InputError, MissingPartError
from oral_architect.geometry.ply import to_ply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oral_architect.geometry import Mesh

SUFFIXES = (".stl", ".ply", ".obj", ".glb", ".3mf", ".dcm")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest a ZIP can tell: the same mesh gives the same bytes."""


def mesh_bytes(mesh: Mesh, suffix: str, name: str = "restoration") -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    mesh
        mm. STL, PLY, OBJ and 3MF are written in mm; GLB in metres with +y up, as glTF wants; DICOM declares mm.
    suffix
        One of ``SUFFIXES``, in any case.
    name
        Of the shape, where the form has a place for it.

    Raises
    ------
    InputError
        When the form is not known.
    """
    form = suffix.lower()
    if form == ".ply":
        return to_ply(mesh)
    if form == ".glb":
        return glb({name: mesh})
    if form == ".3mf":
        return threemf({name: mesh})
    if form == ".dcm":
        return dicom(mesh, name)
    if form in (".stl", ".obj"):
        written: Any = mesh.to_trimesh().export(file_type=form[1:])
        return written if isinstance(written, bytes) else str(written).encode()
    raise InputError(f"'{suffix}' cannot be written.", where=name, todo=f"Use one of {', '.join(SUFFIXES)}.")


def known_suffix(path: Path) -> Path:
    """Return the path; raises ``InputError`` when its form cannot be written."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"'{path.suffix}' cannot be written.", where=str(path), todo=f"Use {', '.join(SUFFIXES)}.")
    return path


def glb(shapes: Mapping[str, Mesh]) -> bytes:
    """Return one glTF scene with one named node a shape, in metres, +y up."""
    import numpy as np
    import trimesh

    scene: Any = trimesh.Scene()
    # glTF: metres, +y up, the front looks along +z; the patient's are millimetres, +z up, -y in front
    to_gltf = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1000.0]]) / 1000
    for name, mesh in shapes.items():
        scene.add_geometry(mesh.transformed(to_gltf).to_trimesh(), node_name=name, geom_name=name)
    return bytes(scene.export(file_type="glb"))


def threemf(shapes: Mapping[str, Mesh]) -> bytes:
    """Return a 3MF package (core specification 1.3), unit millimetre, one object a shape, each to be built."""
    objects, items = [], []
    for number, (name, mesh) in enumerate(shapes.items(), start=1):
        corners = "".join(f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>' for x, y, z in mesh.vertices.tolist())
        faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in mesh.faces.tolist())
        inside = f"<mesh><vertices>{corners}</vertices><triangles>{faces}</triangles></mesh>"
        objects.append(f'<object id="{number}" type="model" name="{name}">{inside}</object>')
        items.append(f'<item objectid="{number}"/>')
    model = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">'
        f"<resources>{''.join(objects)}</resources><build>{''.join(items)}</build></model>"
    )
    return threemf_package(model)


def threemf_package(model: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Return the 3MF package around one model part; the same content gives the same bytes.

    Parameters
    ----------
    pictures
        PNG files the model names, by their path from the package's root.
    """
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "3D/3dmodel.model": model,
        **(pictures or {}),
    }
    if pictures:
        named = [
            f'<Relationship Id="rel{n}" Target="/{p}" Type="{_TEXTURE}"/>' for n, p in enumerate(pictures, start=1)
        ]
        parts["3D/_rels/3dmodel.model.rels"] = f"{_RELATIONS_HEAD}{''.join(named)}</Relationships>"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for path, part in parts.items():
            package.writestr(zipfile.ZipInfo(path, _ZIP_TIME), part, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def dicom(mesh: Mesh, name: str) -> bytes:
    """Return a DICOM Encapsulated STL object (PS3.3 A.104.1), with no patient in it; UIDs follow from the content.

    Raises
    ------
    MissingPartError
        When pydicom is not installed.
    """
    try:
        from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
        from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
    except ImportError as error:
        raise MissingPartError("pydicom is not installed.", where="DICOM", todo="Run: pip install pydicom.") from error

    stl = mesh_bytes(mesh, ".stl")
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(_ENCAPSULATED_STL)
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[digest(stl), name])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    content.SOPClassUID, content.SOPInstanceUID = UID(_ENCAPSULATED_STL), meta.MediaStorageSOPInstanceUID
    content.StudyInstanceUID = generate_uid(entropy_srcs=[digest(stl), "study"])
    content.SeriesInstanceUID = generate_uid(entropy_srcs=[digest(stl), "series"])
    content.FrameOfReferenceUID = generate_uid(entropy_srcs=[digest(stl), "frame"])
    for empty in (
        "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
        "AccessionNumber", "ReferringPhysicianName", "ContentDate", "ContentTime", "AcquisitionDateTime",
        "PositionReferenceIndicator",
    ):  # fmt: skip
        setattr(content, empty, "")
    content.Modality, content.SeriesNumber, content.InstanceNumber = "M3D", 1, 1
    content.Manufacturer, content.ManufacturerModelName = "Oral Architect", "oral-architect"
    content.DeviceSerialNumber, content.SoftwareVersions = "0", "0"
    content.BurnedInAnnotation, content.RecognizableVisualFeatures = "NO", "NO"
    content.DocumentTitle, content.ConceptNameCodeSequence = name[:64], []
    unit = Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "mm", "UCUM", "mm"
    content.MeasurementUnitsCodeSequence = [unit]
    content.MIMETypeOfEncapsulatedDocument = "model/stl"
    content.EncapsulatedDocumentLength = len(stl)
    content.EncapsulatedDocument = stl + b"\0" * (len(stl) % 2)
    written = io.BytesIO()
    content.save_as(written, enforce_file_format=True)
    return written.getvalue()


_ENCAPSULATED_STL = "1.2.840.10008.5.1.4.1.1.104.3"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="png" ContentType="image/png"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
_TEXTURE = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dtexture"
_RELATIONS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
)
_RELATIONS = (
    f'{_RELATIONS_HEAD}<Relationship Id="rel0" Target="/3D/3dmodel.model" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)
