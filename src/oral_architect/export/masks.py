"""A part as a stack of masks for a lamp or projector: one 8-bit PNG a layer, white where it sets, and a manifest."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.case.disk import digest
from oral_architect.errors import InputError

from .part import Part, Ring, sliced

MANIFEST = "manifest.json"
FORMAT = "oral-architect masks 1"
LIT = 255


@dataclass(frozen=True)
class MaskStack:
    """Masks read back.

    Parameters
    ----------
    lit
        ``(layers, rows, columns) bool``; row 0 is the lowest y.
    tops_mm
        ``(layers,)``, height of the top of each layer.
    """

    lit: NDArray[np.bool_]
    pixel_mm: float
    tops_mm: NDArray[np.float64]

    @property
    def volume_mm3(self) -> float:
        """What would set."""
        thickness = np.diff(self.tops_mm, prepend=0.0)
        return float((self.lit.sum(axis=(1, 2)) * thickness).sum()) * self.pixel_mm**2


def mask_stack(part: Part, *, thickness_mm: float, pixel_mm: float, notes: Mapping[str, object]) -> dict[str, bytes]:
    """Return the files of a stack by name.

    A pixel is lit where its middle lies inside the part, half way up the layer. Row 0 of the picture is the highest y,
    as pictures are looked at.

    Raises
    ------
    StageError
        When the part is no closed body.
    """
    columns, rows = (int(np.ceil(length / pixel_mm)) for length in part.size_mm[:2])
    files: dict[str, bytes] = {}
    layers = []
    for number, one in enumerate(sliced(part, thickness_mm)):
        name = f"{number:05d}.png"
        lit = lit_pixels(one.rings, (rows, columns), pixel_mm)
        files[name] = _png(lit)
        layers.append({"file": name, "sha256": digest(files[name]), "top_mm": round(one.top_mm, 6)})
    told = {
        "format": FORMAT,
        "part": part.name,
        "pixel_mm": pixel_mm,
        "columns": columns,
        "rows": rows,
        "from_patient": part.from_patient.tolist(),
        "layers": layers,
        **notes,
    }
    files[MANIFEST] = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    return files


def read_masks(files: Mapping[str, bytes]) -> MaskStack:
    """Read a stack back.

    Raises
    ------
    InputError
        When it is no such stack, or a mask is missing or changed.
    """
    from PIL import Image

    told = json.loads(files.get(MANIFEST, b"{}"))
    if told.get("format") != FORMAT:
        raise InputError(f"it is no stack of masks ('{FORMAT}')", where=MANIFEST)
    lit = []
    for layer in told["layers"]:
        content = files.get(layer["file"], b"")
        if digest(content) != layer["sha256"]:
            raise InputError("it is missing or was changed", where=layer["file"], todo="Write the stack again.")
        lit.append(np.flipud(np.asarray(Image.open(io.BytesIO(content)))) == LIT)
    tops = np.array([layer["top_mm"] for layer in told["layers"]])
    return MaskStack(np.array(lit), float(told["pixel_mm"]), tops)


def lit_pixels(rings: tuple[Ring, ...], shape: tuple[int, int], pixel_mm: float) -> NDArray[np.bool_]:
    """Return which pixels' middles lie inside an outline (even-odd), ``(rows, columns) bool``, row 0 lowest."""
    turned = np.zeros((shape[0], shape[1] + 1), dtype=np.uint8)
    for ring in rings:
        following = np.roll(ring, -1, axis=0)
        for (x0, y0), (x1, y1) in zip(ring / pixel_mm, following / pixel_mm, strict=True):
            if y0 == y1:
                continue
            first, last = sorted((int(np.ceil(y0 - 0.5)), int(np.ceil(y1 - 0.5))))
            row = np.arange(max(first, 0), min(last, shape[0]))
            x = x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0)
            column = np.clip(np.ceil(x - 0.5), 0, shape[1]).astype(np.int64)
            turned[row, column] ^= 1
    return np.asarray(np.bitwise_xor.accumulate(turned, axis=1)[:, :-1], dtype=np.bool_)


def _png(lit: NDArray[np.bool_]) -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(np.flipud(lit).astype(np.uint8) * LIT).save(written, format="PNG", optimize=False)
    return written.getvalue()
