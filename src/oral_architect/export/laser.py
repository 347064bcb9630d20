"""A part as a Common Layer Interface file, ASCII (CLI 2.0): what lasers and galvanometers read.

One ``$$LAYER`` a slice at its upper height, one ``$$POLYLINE`` a ring: direction 1 is an outer ring, counter-clockwise,
0 a hole, clockwise; the first point is repeated at the end.
"""

from __future__ import annotations

import re

import numpy as np

from oral_architect.errors import InputError

from .part import Part, Ring, Slice, ring_area, sliced

UNIT_MM = 0.001
"""Coordinates are whole micrometres."""
NAME = re.compile(r"[^A-Za-z0-9_.-]")


def layer_interface(part: Part, *, thickness_mm: float) -> bytes:
    """Return the content of a ``.cli`` file.

    Raises
    ------
    StageError
        When the part is no closed body.
    """
    slices = sliced(part, thickness_mm)
    size = ",".join(f"{length:.4f}" for length in part.size_mm)
    lines = [
        "$$HEADERSTART",
        "$$ASCII",
        f"$$UNITS/{UNIT_MM:015.6f}",
        "$$VERSION/200",
        f"$$LABEL/1,{NAME.sub('_', part.name)}",
        f"$$DIMENSION/0.0000,0.0000,0.0000,{size}",
        f"$$LAYERS/{len(slices):06d}",
        "$$HEADEREND",
        "$$GEOMETRYSTART",
    ]
    for one in slices:
        lines.append(f"$$LAYER/{round(one.top_mm / UNIT_MM)}")
        lines += [_polyline(ring) for ring in one.rings]
    return "\n".join([*lines, "$$GEOMETRYEND", ""]).encode("ascii")


def read_layer_interface(content: bytes) -> tuple[Slice, ...]:
    """Read the slices of an ASCII ``.cli`` file; what else it holds is passed over.

    Raises
    ------
    InputError
        When it is not ASCII CLI, has no unit, or a line cannot be read.
    """
    text = content.decode("ascii", errors="replace")
    unit = re.search(r"\$\$UNITS/([0-9.]+)", text)
    if "$$ASCII" not in text or unit is None:
        raise InputError("it is not an ASCII CLI file with units", where="CLI")
    scale = float(unit.group(1))
    found: list[tuple[float, list[Ring]]] = []
    for number, line in enumerate(text.partition("$$GEOMETRYSTART")[2].splitlines(), start=1):
        word, _, rest = line.strip().partition("/")
        try:
            if word == "$$LAYER":
                found.append((float(rest) * scale, []))
            elif word == "$$POLYLINE":
                found[-1][1].append(_ring(rest) * scale)
        except (ValueError, IndexError) as error:
            raise InputError(f"line {number} of the geometry cannot be read: {error}", where="CLI") from error
    tops = [0.0, *(top for top, _ in found)]
    return tuple(Slice(tops[k], top, tuple(rings)) for k, (top, rings) in enumerate(found))


def _polyline(ring: Ring) -> str:
    outer = int(ring_area(ring) > 0)
    points = np.round(np.vstack([ring, ring[:1]]) / UNIT_MM).astype(np.int64)
    return f"$$POLYLINE/1,{outer},{len(points)},{','.join(map(str, points.ravel().tolist()))}"


def _ring(rest: str) -> Ring:
    _, _, count, *numbers = rest.split(",")
    points = np.array([float(number) for number in numbers]).reshape(-1, 2)
    if len(points) != int(count):
        raise ValueError(f"{count} points are announced and {len(points)} given")
    return points[:-1]
