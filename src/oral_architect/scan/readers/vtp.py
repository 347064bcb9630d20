"""Read VTP (VTK XML PolyData): ASCII, inline base64 and appended data, plain or packed with zlib or LZMA.

Source of the layout: VTK File Formats, section "XML file formats".
"""

from __future__ import annotations

import base64
import binascii
import lzma
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.raw import MAX_VERTICES, RawSurface, Source, as_indices, build, parse_numbers, triangulate

NAME = "VTP"
EXTENSIONS = (".vtp",)

_TYPES = {
    **{
        f"{sign}{bits}": f"{kind}{bits // 8}"
        for sign, kind in (("Int", "i"), ("UInt", "u"))
        for bits in (8, 16, 32, 64)
    },
    "Float32": "f4",
    "Float64": "f8",
}
_APPENDED = re.compile(rb"<AppendedData\b[^>]*>\s*_")
_MAX_ARRAY = MAX_VERTICES * 24


@dataclass(frozen=True)
class _Layout:
    order: str
    header: np.dtype[np.unsignedinteger]
    unpack: Callable[[bytes, int], bytes] | None
    appended: bytes
    appended_is_base64: bool


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are a VTK XML file with PolyData."""
    head = data[:2048]
    return b"<VTKFile" in head and b"PolyData" in head


def read(source: Source) -> RawSurface:
    """Read the points, polygons and triangle strips of every piece.

    Raises
    ------
    ScanError
        When the XML is malformed or hostile, or an array holds fewer values than promised.
    """
    root, appended = _parse(source)
    layout = _layout(source, root, appended)
    vertices, faces = [np.zeros((0, 3))], [np.zeros((0, 3), dtype=np.int64)]
    total = 0
    for piece in root.iter("Piece"):
        points = _array(source, layout, piece.find("Points/DataArray"), "points")
        if len(points) % 3:
            raise source.refuse("the number of point coordinates is no multiple of three")
        corners, sizes = _cells(source, layout, piece, "Polys")
        pieces = [triangulate(corners, sizes), _strips(*_cells(source, layout, piece, "Strips"))]
        faces += [triangles + total for triangles in pieces]
        vertices.append(np.asarray(points, dtype=np.float64).reshape(-1, 3))
        total += len(points) // 3
    return build(source, np.concatenate(vertices), np.concatenate(faces))


class _NoDoctype(ElementTree.TreeBuilder):
    """A VTK file never declares a document type; entity bombs must."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ElementTree.ParseError(f"a document type '{name}' is declared")


def _parse(source: Source) -> tuple[ElementTree.Element, bytes]:
    """Parse the XML; raw appended bytes are no XML and are cut out first."""
    text, appended = source.data, b""
    mark = _APPENDED.search(text)
    if mark:
        end = text.rfind(b"</AppendedData>")
        appended = text[mark.end() : end if end >= mark.end() else len(text)]
        text = text[: mark.end()] + b"</AppendedData></VTKFile>"
    parser = ElementTree.XMLParser(target=_NoDoctype())
    try:
        # as text, so that no declared encoding can hide a document type
        parser.feed(text.decode("utf-8"))
        root = parser.close()
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError) as error:
        raise source.refuse(f"the XML is malformed: {error}") from error
    if not isinstance(root, ElementTree.Element) or root.find("PolyData") is None:
        raise source.refuse("the VTK file holds no PolyData")
    return root, appended


def _layout(source: Source, root: ElementTree.Element, appended: bytes) -> _Layout:
    order = ">" if root.get("byte_order") == "BigEndian" else "<"
    header = np.dtype(order + {"UInt64": "u8"}.get(root.get("header_type", "UInt32"), "u4"))
    compressor = root.get("compressor", "")
    unpackers: dict[str, Callable[[bytes, int], bytes] | None] = {
        "": None,
        "vtkZLibDataCompressor": lambda packed, size: zlib.decompressobj().decompress(packed, max(size, 1)),
        "vtkLZMADataCompressor": lambda packed, size: lzma.LZMADecompressor().decompress(packed, max(size, 1)),
    }
    if compressor not in unpackers:
        raise source.refuse(f"the VTK file is packed with {compressor}", "Write it with zlib or without compression.")
    element = root.find("AppendedData")
    is_base64 = element is None or element.get("encoding", "base64") == "base64"
    return _Layout(order, header, unpackers[compressor], appended, is_base64)


def _cells(
    source: Source, layout: _Layout, piece: ElementTree.Element, kind: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All corners, and how many each cell has."""
    arrays = {array.get("Name", "").lower(): array for array in piece.findall(f"{kind}/DataArray")}
    if not {"connectivity", "offsets"} <= arrays.keys():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    corners, offsets = (
        as_indices(source, _array(source, layout, arrays[name], name), name) for name in ("connectivity", "offsets")
    )
    sizes = np.diff(offsets, prepend=0)
    if (sizes < 0).any() or sizes.sum() > len(corners):
        raise source.refuse(f"the offsets of {kind} do not fit its connectivity")
    return corners[: int(sizes.sum())], sizes


def _strips(corners: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    triangles = [np.zeros((0, 3), dtype=np.int64)]
    for strip in np.split(corners, np.cumsum(sizes)[:-1]):
        if len(strip) >= 3:
            table = np.stack([strip[:-2], strip[1:-1], strip[2:]], axis=1)
            table[1::2, :2] = table[1::2, 1::-1]
            triangles.append(table)
    return np.concatenate(triangles)


def _array(source: Source, layout: _Layout, element: ElementTree.Element | None, what: str) -> NDArray[np.float64]:
    if element is None:
        return np.zeros(0)
    kind = _TYPES.get(element.get("type", ""))
    if kind is None:
        raise source.refuse(f"the {what} are of the unknown type '{element.get('type')}'")
    form = element.get("format", "ascii")
    if form == "ascii":
        return parse_numbers(source, (element.text or "").encode(), what)
    if form == "appended":
        offset = element.get("offset", "")
        if not (offset.isascii() and offset.isdigit() and int(offset[:18]) < len(layout.appended)):
            raise source.refuse(f"the {what} lie outside the appended data")
        data = layout.appended[int(offset) :]
        payload = _payload(source, layout, data, layout.appended_is_base64, what)
    else:
        payload = _payload(source, layout, (element.text or "").strip().encode(), True, what)
    item = np.dtype(layout.order + kind)
    return np.frombuffer(payload[: len(payload) // item.itemsize * item.itemsize], item).astype(np.float64)


def _payload(source: Source, layout: _Layout, data: bytes, is_base64: bool, what: str) -> bytes:
    """Undo base64 and packing. The header says how long the data is; packed data has a header of its own."""
    width = layout.header.itemsize
    if layout.unpack is None:
        head = _take(source, data, 0, width, is_base64=is_base64, what=what)
        size = int(np.frombuffer(head, layout.header)[0])
        # in base64, header and data are one stream
        return _take(source, data, 0, width + size, is_base64=is_base64, what=what)[width:]
    blocks = int(np.frombuffer(_take(source, data, 0, width, is_base64=is_base64, what=what), layout.header)[0])
    length = width * (3 + blocks)
    header = np.frombuffer(_take(source, data, 0, length, is_base64=is_base64, what=what), layout.header).astype(
        np.int64
    )
    # the packed blocks begin a base64 stream of their own
    start = (length + 2) // 3 * 4 if is_base64 else length
    packed_sizes = header[3:]
    if (packed_sizes < 0).any():
        raise source.refuse(f"the packed {what} have an impossible length")
    body = _take(source, data, start, int(packed_sizes.sum()), is_base64=is_base64, what=what)
    return _unpack_blocks(source, layout, body, header, what)


def _unpack_blocks(source: Source, layout: _Layout, body: bytes, header: NDArray[np.int64], what: str) -> bytes:
    block_size, last_size = int(header[1]), int(header[2])
    sizes = [block_size] * (len(header) - 3)
    if sizes and last_size:
        sizes[-1] = last_size
    if min(sizes, default=0) < 0 or sum(sizes) > _MAX_ARRAY:
        raise source.refuse(f"the packed {what} would take {sum(sizes) / 2**30:.0f} GB")
    pieces, at = [], 0
    for size, packed in zip(sizes, header[3:].tolist(), strict=True):
        try:
            piece = layout.unpack(body[at : at + packed], size) if layout.unpack else b""
        except (zlib.error, lzma.LZMAError) as error:
            raise source.refuse(f"the packed {what} are damaged") from error
        if len(piece) != size:
            raise source.refuse(f"the packed {what} are cut off")
        pieces.append(piece)
        at += packed
    return b"".join(pieces)


def _take(source: Source, data: bytes, start: int, size: int, *, is_base64: bool, what: str) -> bytes:
    """Return ``size`` decoded bytes; ``start`` counts characters of the stream."""
    try:
        part = base64.b64decode(data[start : start + (size + 2) // 3 * 4]) if is_base64 else data[start : start + size]
    except (binascii.Error, ValueError) as error:
        raise source.refuse(f"the {what} are not base64") from error
    if len(part) < size:
        raise source.refuse(f"the {what} are cut off: {size} bytes promised, {len(part)} found")
    return part[:size]
