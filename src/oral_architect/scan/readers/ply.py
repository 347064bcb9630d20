"""Read PLY: ASCII and binary of both byte orders, with any further properties, polygons cut into triangles."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oral_architect.scan.raw import RawSurface, Source, build, parse_numbers, triangulate
from oral_architect.scan.units import unit_in_text

NAME = "PLY"
EXTENSIONS = (".ply",)

_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_MAX_HEADER = 1 << 20


@dataclass(frozen=True)
class _Property:
    name: str
    kind: str
    count_kind: str = ""  # empty for a scalar


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)

    def smallest(self, *, ascii_text: bool) -> int:
        """Return the fewest bytes one row can take."""
        if ascii_text:
            return max(1, 2 * len(self.properties) - 1)
        return sum(np.dtype(p.count_kind or p.kind).itemsize for p in self.properties)


Column = NDArray[np.generic]
"""A scalar property, or the flat items of a list property."""


@dataclass(frozen=True)
class _Table:
    scalars: dict[str, Column]
    lists: dict[str, tuple[Column, NDArray[np.int64]]]
    """Flat items and how many each row has."""


def recognises(data: bytes) -> bool:
    """Tell whether the bytes are a PLY file."""
    return data[:4] in (b"ply\n", b"ply\r")


def read(source: Source) -> RawSurface:
    """Read the elements ``vertex`` and ``face``.

    Raises
    ------
    ScanError
        When the header is malformed, promises more than the file holds, or has no vertices or faces.
    """
    tables, comments = _read_tables(source)
    vertex, face = tables.get("vertex"), tables.get("face")
    if vertex is None or any(axis not in vertex.scalars for axis in "xyz"):
        raise source.refuse("the file has no vertices with x, y and z")
    lists = {} if face is None else face.lists
    indices = lists.get("vertex_indices", lists.get("vertex_index"))
    if indices is None:
        raise source.refuse("the file has no faces; it may be a point cloud", "Export a surface, not points.")
    vertices = np.stack([np.asarray(vertex.scalars[axis], dtype=np.float64) for axis in "xyz"], axis=1)
    unit, unit_note = unit_in_text(comments)
    return build(source, vertices, triangulate(*_whole(source, *indices)), unit=unit, unit_note=unit_note)


def read_columns(source: Source) -> dict[str, dict[str, Column]]:
    """Read the properties that are single numbers, by element and name, each ``(k,)``.

    Raises
    ------
    ScanError
        When the header is malformed or promises more than the file holds.
    """
    return {name: table.scalars for name, table in _read_tables(source)[0].items()}


def _read_tables(source: Source) -> tuple[dict[str, _Table], bytes]:
    """Return the elements of the file and the comments of its header."""
    order, elements, comments, start = _read_header(source)
    for element in elements:
        if element.count * element.smallest(ascii_text=order == "") > len(source.data) - start + 1:
            raise source.refuse(
                f"the file is cut off: it promises {element.count} rows of '{element.name}', more than it has room for"
            )
    tables = _read_ascii(source, elements, start) if order == "" else _read_binary(source, elements, order, start)
    return tables, comments


def _whole(source: Source, items: Column, sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    numbers = np.asarray(items)
    if numbers.dtype.kind == "f" and not (np.abs(numbers) < 2**31).all():  # also false for NaN
        raise source.refuse("the faces hold numbers that cannot be indices")
    return numbers.astype(np.int64), sizes


def _read_header(source: Source) -> tuple[str, list[_Element], bytes, int]:
    end = source.data.find(b"end_header", 0, _MAX_HEADER)
    line_end = source.data.find(b"\n", end)
    if end < 0:
        raise source.refuse("the PLY header does not end; the file is cut off")
    start = line_end + 1 if line_end >= 0 else len(source.data)
    order: str | None = None
    elements: list[_Element] = []
    comments = []
    for line in source.data[:end].splitlines():
        words = line.decode("utf-8", "replace").split()
        if words[:1] in (["comment"], ["obj_info"]):
            comments.append(line)
        elif words[:1] == ["format"] and len(words) > 1:
            order = _ORDERS.get(words[1])
        elif words[:1] == ["element"]:
            elements.append(_parse_element(source, words))
        elif words[:1] == ["property"] and elements:
            elements[-1].properties.append(_parse_property(source, words))
    if order is None:
        raise source.refuse("the PLY header names no format this program knows")
    return order, elements, b"\n".join(comments), start


def _parse_element(source: Source, words: list[str]) -> _Element:
    if len(words) != 3 or not words[2].isascii() or not words[2].isdigit() or len(words[2]) > 10:
        raise source.refuse(f"the PLY header line '{' '.join(words)[:60]}' is malformed")
    return _Element(words[1], int(words[2]))


def _parse_property(source: Source, words: list[str]) -> _Property:
    kinds = [_TYPES.get(word) for word in words[1:-1] if word != "list"]
    is_list = len(words) == 5 and words[1] == "list"
    if len(words) != (5 if is_list else 3) or None in kinds:
        raise source.refuse(f"the PLY header line '{' '.join(words)[:60]}' is malformed")
    return _Property(words[-1], str(kinds[-1]), str(kinds[0]) if is_list else "")


def _read_ascii(source: Source, elements: list[_Element], start: int) -> dict[str, _Table]:
    numbers = parse_numbers(source, source.data[start:], "rows of the PLY file")
    tables, at = {}, 0
    for element in elements:
        table, at = _rows_of_numbers(source, element, numbers, at)
        tables[element.name] = table
    return tables


def _rows_of_numbers(source: Source, element: _Element, numbers: NDArray[np.float64], at: int) -> tuple[_Table, int]:
    """Take the rows of an element from the numbers; all rows alike is the usual, fast case."""
    sizes = []
    width = 0
    for prop in element.properties:
        size = 1
        if prop.count_kind and element.count:
            if at + width >= len(numbers):
                raise _cut_off(source, element)
            size = _list_size(source, float(numbers[at + width]), len(numbers))
            width += 1
        sizes.append(size)
        width += size
    block = numbers[at : at + element.count * width]
    if len(block) == element.count * width:
        rows = block.reshape(element.count, width)
        table = _split_rows(element, rows, sizes)
        if table is not None:
            return table, at + block.size
    return _walk_numbers(source, element, numbers, at)


def _split_rows(element: _Element, rows: NDArray[np.float64], sizes: list[int]) -> _Table | None:
    table = _Table({}, {})
    column = 0
    for prop, size in zip(element.properties, sizes, strict=True):
        if prop.count_kind:
            if not (rows[:, column] == size).all():
                return None
            items = rows[:, column + 1 : column + 1 + size].reshape(-1)
            table.lists[prop.name] = (items, np.full(len(rows), size, dtype=np.int64))
            column += 1 + size
        else:
            table.scalars[prop.name] = rows[:, column]
            column += 1
    return table


def _walk_numbers(source: Source, element: _Element, numbers: NDArray[np.float64], at: int) -> tuple[_Table, int]:
    scalars: dict[str, list[float]] = {p.name: [] for p in element.properties if not p.count_kind}
    items: dict[str, list[NDArray[np.float64]]] = {p.name: [np.zeros(0)] for p in element.properties if p.count_kind}
    counts: dict[str, list[int]] = {name: [] for name in items}
    for _ in range(element.count):
        for prop in element.properties:
            if at >= len(numbers):
                raise _cut_off(source, element)
            if not prop.count_kind:
                scalars[prop.name].append(float(numbers[at]))
                at += 1
                continue
            size = _list_size(source, float(numbers[at]), len(numbers))
            if at + 1 + size > len(numbers):
                raise _cut_off(source, element)
            items[prop.name].append(numbers[at + 1 : at + 1 + size])
            counts[prop.name].append(size)
            at += 1 + size
    return _Table(
        {name: np.array(values) for name, values in scalars.items()},
        {name: (np.concatenate(items[name]), np.array(counts[name], dtype=np.int64)) for name in items},
    ), at


def _list_size(source: Source, number: float, limit: int) -> int:
    if not 0 <= number <= limit:
        raise source.refuse(f"a PLY list says it has {number} items")
    return int(number)


def _cut_off(source: Source, element: _Element) -> Exception:
    return source.refuse(f"the file is cut off: it promises {element.count} rows of '{element.name}' and holds fewer")


def _read_binary(source: Source, elements: list[_Element], order: str, start: int) -> dict[str, _Table]:
    tables, at = {}, start
    for element in elements:
        table, at = _binary_rows(source, element, order, at)
        tables[element.name] = table
    return tables


def _binary_rows(source: Source, element: _Element, order: str, at: int) -> tuple[_Table, int]:
    """Read rows as one structured array when every list has as many items as in the first row."""
    data = source.data
    fields: list[tuple[str, str, tuple[int, ...]]] = []
    offset = at
    for number, prop in enumerate(element.properties):
        shape: tuple[int, ...] = ()
        if prop.count_kind and element.count:
            kind = np.dtype(order + prop.count_kind)
            if offset + kind.itemsize > len(data):
                raise _cut_off(source, element)
            size = _list_size(source, float(np.frombuffer(data, kind, 1, offset)[0]), len(data))
            fields.append((f"n{number}", order + prop.count_kind, ()))
            offset += kind.itemsize
            shape = (size,)
        fields.append((f"v{number}", order + prop.kind, shape))
        offset += np.dtype(prop.kind).itemsize * int(np.prod(shape))
        if element.count and offset > len(data):
            raise _cut_off(source, element)
    row = offset - at
    if row and at + row * element.count <= len(data):
        rows = np.frombuffer(data, np.dtype(fields), element.count, at)
        alike = all(
            (rows[f"n{i}"] == rows[f"v{i}"].shape[1]).all() for i, p in enumerate(element.properties) if p.count_kind
        )
        if alike:
            return _table_of_records(element, rows), at + row * element.count
    if not any(p.count_kind for p in element.properties) and element.count and row:
        raise _cut_off(source, element)
    return _walk_binary(source, element, order, at)


def _table_of_records(element: _Element, rows: NDArray[np.void]) -> _Table:
    table = _Table({}, {})
    for number, prop in enumerate(element.properties):
        values = rows[f"v{number}"]
        if prop.count_kind and len(rows):
            table.lists[prop.name] = (values.reshape(-1), np.full(len(rows), values.shape[1], dtype=np.int64))
        elif prop.count_kind:
            table.lists[prop.name] = (np.zeros(0), np.zeros(0, dtype=np.int64))
        else:
            table.scalars[prop.name] = values
    return table


def _walk_binary(source: Source, element: _Element, order: str, at: int) -> tuple[_Table, int]:
    data = source.data
    kinds = [(p, np.dtype(order + p.kind), np.dtype(order + p.count_kind) if p.count_kind else None)
             for p in element.properties]  # fmt: skip
    starts: dict[str, list[int]] = {p.name: [] for p in element.properties}
    counts: dict[str, list[int]] = {p.name: [] for p in element.properties}
    big = order == ">"
    for _ in range(element.count if kinds else 0):
        for prop, kind, count_kind in kinds:
            size = 1
            if count_kind is not None:
                end = at + count_kind.itemsize
                if count_kind.kind == "f":
                    raise source.refuse("a PLY list is counted with fractions")
                signed = count_kind.kind == "i"
                size = int.from_bytes(data[at:end], "big" if big else "little", signed=signed)
                if size < 0:
                    raise source.refuse(f"a PLY list says it has {size} items")
                at = end
            starts[prop.name].append(at)
            counts[prop.name].append(size)
            at += size * kind.itemsize
            if at > len(data):
                raise _cut_off(source, element)
    table = _Table({}, {})
    raw = np.frombuffer(data, np.uint8)
    for prop, kind, count_kind in kinds:
        sizes = np.array(counts[prop.name], dtype=np.int64)
        items = _gather(raw, np.array(starts[prop.name], dtype=np.int64), sizes, kind)
        if count_kind is None:
            table.scalars[prop.name] = items
        else:
            table.lists[prop.name] = (items, sizes)
    return table, at


def _gather(
    raw: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], kind: np.dtype[np.generic]
) -> Column:
    """Pick runs of items out of the bytes."""
    before = np.cumsum(sizes) - sizes
    within = np.arange(int(sizes.sum())) - np.repeat(before, sizes)
    first = np.repeat(starts, sizes) + within * kind.itemsize
    return np.asarray(raw[first[:, None] + np.arange(kind.itemsize)].reshape(-1).view(kind))
