"""Write a surface in every format, in each of its dialects, as other programs do."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

from oral_architect.geometry import Mesh

Writer = Callable[[Path, Mesh], None]


def stl_bytes(mesh: Mesh, header: bytes = b"") -> bytes:
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    rows = np.zeros(len(mesh.faces), record)
    rows["corners"] = mesh.vertices[mesh.faces]
    return header.ljust(80, b" ") + struct.pack("<I", len(rows)) + rows.tobytes()


def stl_binary(path: Path, mesh: Mesh) -> None:
    path.write_bytes(stl_bytes(mesh))


def stl_binary_called_solid(path: Path, mesh: Mesh) -> None:
    path.write_bytes(stl_bytes(mesh, b"solid facet of an exporter that lies"))


def stl_ascii(path: Path, mesh: Mesh) -> None:
    lines = ["solid scan"]
    for triangle in mesh.vertices[mesh.faces]:
        lines += ["facet normal 0 0 0", " outer loop"]
        lines += [f"  vertex {x:.9g} {y:.9g} {z:.9g}" for x, y, z in triangle]
        lines += [" endloop", "endfacet"]
    path.write_text("\n".join([*lines, "endsolid scan", ""]))


def ply_ascii(path: Path, mesh: Mesh) -> None:
    lines = ["ply", "format ascii 1.0", "comment made for a test", f"element vertex {len(mesh.vertices)}"]
    lines += [f"property double {axis}" for axis in "xyz"] + ["property uchar red"]
    lines += [f"element face {len(mesh.faces)}", "property uchar fdi", "property list uchar int vertex_indices"]
    lines += ["end_header"]
    lines += [f"{x!r} {y!r} {z!r} 200" for x, y, z in mesh.vertices.tolist()]
    lines += [f"11 3 {a} {b} {c}" for a, b, c in mesh.faces.tolist()]
    path.write_text("\n".join(lines) + "\n")


def ply_binary(order: str) -> Writer:
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]

    def write(path: Path, mesh: Mesh) -> None:
        header = (
            f"ply\nformat {name} 1.0\nelement vertex {len(mesh.vertices)}\nproperty float nx\nproperty float x\n"
            f"property float y\nproperty float z\nproperty uchar alpha\nelement face {len(mesh.faces)}\n"
            "property list uchar int vertex_index\nproperty list uchar float texcoord\nproperty short flags\n"
            "element extra 1\nproperty float value\nend_header\n"
        )
        vertices = np.zeros(
            len(mesh.vertices), [("nx", order + "f4"), ("xyz", order + "f4", 3), ("alpha", order + "u1")]
        )
        vertices["xyz"] = mesh.vertices
        faces = np.zeros(
            len(mesh.faces),
            [("n", "u1"), ("f", order + "i4", 3), ("m", "u1"), ("t", order + "f4", 6), ("flags", order + "i2")],
        )
        faces["n"], faces["m"], faces["f"] = 3, 6, mesh.faces
        path.write_bytes(header.encode() + vertices.tobytes() + faces.tobytes() + bytes(4))

    return write


def obj_plain(path: Path, mesh: Mesh) -> None:
    lines = ["# made for a test", "o scan"]
    lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    lines += [f"f {a} {b} {c}" for a, b, c in (mesh.faces + 1).tolist()]
    path.write_text("\n".join(lines) + "\n")


def obj_full(path: Path, mesh: Mesh) -> None:
    """Vertex colours, texture and normal indices, and indices that count backwards."""
    n = len(mesh.vertices)
    lines = ["mtllib scan.mtl"]
    lines += [f"v {x!r} {y!r} {z!r} 0.5 0.5 0.5" for x, y, z in mesh.vertices.tolist()]
    lines += ["vt 0 0", "vn 0 0 1", "usemtl tooth"]
    lines += [f"f {a - n}/1/1 {b - n}//1 {c - n}/1" for a, b, c in mesh.faces.tolist()]
    path.write_text("\r\n".join(lines) + "\r\n")


def off_text(path: Path, mesh: Mesh) -> None:
    lines = ["OFF # made for a test", f"{len(mesh.vertices)} {len(mesh.faces)} 0", ""]
    lines += [f"{x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    lines += [f"3 {a} {b} {c} 255 0 0" for a, b, c in mesh.faces.tolist()]
    path.write_text("\n".join(lines) + "\n")


def threemf(path: Path, mesh: Mesh, unit: str = "MilliMeter") -> None:
    from lib3mf import Lib3MF, get_wrapper

    wrapper = get_wrapper()
    model = wrapper.CreateModel()
    model.SetUnit(getattr(Lib3MF.ModelUnit, unit))
    thing = model.AddMeshObject()
    positions, triangles = [], []
    for point in mesh.vertices.tolist():
        position = Lib3MF.Position()
        position.Coordinates[:] = point
        positions.append(position)
    for face in mesh.faces.tolist():
        triangle = Lib3MF.Triangle()
        triangle.Indices[:] = face
        triangles.append(triangle)
    thing.SetGeometry(positions, triangles)
    model.AddBuildItem(thing, wrapper.GetIdentityTransform())
    model.QueryWriter("3mf").WriteToFile(str(path))


def glb(path: Path, mesh: Mesh) -> None:
    """In metres, as the standard wants; written by trimesh."""
    scaled = trimesh.Trimesh(mesh.vertices / 1000, mesh.faces, process=False)
    path.write_bytes(scaled.export(file_type="glb"))


def vtp(how: str) -> Writer:
    def write(path: Path, mesh: Mesh) -> None:
        path.write_bytes(vtp_bytes(mesh, how))

    return write


def vtp_bytes(mesh: Mesh, how: str) -> bytes:
    """``how``: ascii, inline, inline-zlib, appended-raw, appended-raw-zlib, appended-base64-zlib."""
    packed, appended = "zlib" in how, bytearray()

    def element(name: str, kind: str, values: NDArray[np.generic], components: int = 1) -> str:
        head = f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{components}"'
        if how == "ascii":
            return f'{head} format="ascii">{" ".join(repr(x) for x in values.reshape(-1).tolist())}</DataArray>'
        payload = _vtk_payload(values.tobytes(), packed=packed, text="raw" not in how)
        if "appended" not in how:
            return f'{head} format="binary">{payload.decode()}</DataArray>'
        offset = len(appended)
        appended.extend(payload)
        return f'{head} format="appended" offset="{offset}"/>'

    points = element("Points", "Float64", mesh.vertices, 3)
    cells = element("connectivity", "Int64", mesh.faces.astype(np.int64))
    offsets = element("offsets", "Int64", np.arange(3, 3 * len(mesh.faces) + 1, 3, dtype=np.int64))
    compressor = ' compressor="vtkZLibDataCompressor"' if packed else ""
    text = (
        '<?xml version="1.0"?>\n<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" '
        f'header_type="UInt64"{compressor}>\n<PolyData><Piece NumberOfPoints="{len(mesh.vertices)}" '
        f'NumberOfPolys="{len(mesh.faces)}"><Points>{points}</Points><Polys>{cells}{offsets}</Polys></Piece></PolyData>'
    )
    encoding = "raw" if "raw" in how else "base64"
    tail = f'<AppendedData encoding="{encoding}">_'.encode() + bytes(appended) + b"</AppendedData>" if appended else b""
    return text.encode() + tail + b"</VTKFile>\n"


def _vtk_payload(data: bytes, *, packed: bool, text: bool) -> bytes:
    if not packed:
        whole = struct.pack("<Q", len(data)) + data
        return base64.b64encode(whole) if text else whole
    size = 1 << 15
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    small = [zlib.compress(block) for block in blocks]
    last = len(blocks[-1]) % size
    header = struct.pack(f"<{3 + len(small)}Q", len(small), size, last, *(len(s) for s in small))
    return b"".join(base64.b64encode(p) if text else p for p in (header, b"".join(small)))


def dicom(path: Path, mesh: Mesh, unit: str | None = "mm") -> None:
    import pydicom
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.UID("1.2.840.10008.5.1.4.1.1.104.3")
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["scan"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data_set = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data_set.SOPClassUID = meta.MediaStorageSOPClassUID
    data_set.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data_set.MIMETypeOfEncapsulatedDocument = "model/stl"
    document = stl_bytes(mesh)
    data_set.EncapsulatedDocumentLength = len(document)
    data_set.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    if unit is not None:
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = unit, "UCUM", unit
        data_set.MeasurementUnitsCodeSequence = [code]
    buffer = io.BytesIO()
    data_set.save_as(buffer, enforce_file_format=True)
    path.write_bytes(buffer.getvalue())


WRITERS: dict[str, tuple[str, Writer]] = {
    "stl binary": (".stl", stl_binary),
    "stl binary that begins with solid": (".stl", stl_binary_called_solid),
    "stl ascii": (".stl", stl_ascii),
    "ply ascii": (".ply", ply_ascii),
    "ply little endian": (".ply", ply_binary("<")),
    "ply big endian": (".ply", ply_binary(">")),
    "obj": (".obj", obj_plain),
    "obj with colours and negative indices": (".obj", obj_full),
    "off": (".off", off_text),
    "3mf": (".3mf", threemf),
    "glb": (".glb", glb),
    **{
        f"vtp {how}": (".vtp", vtp(how))
        for how in ("ascii", "inline", "inline-zlib", "appended-raw", "appended-raw-zlib", "appended-base64-zlib")
    },
    "dicom": (".dcm", dicom),
}
"""Every dialect by name: its extension and its writer, for surfaces in mm."""

SOUPS = ("stl", "dicom")
"""Formats that hold three vertices a face rather than shared vertices."""
