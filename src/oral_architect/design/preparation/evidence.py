"""Where on each cut across a tooth the finish line is likely: a small network that looks at the cuts side by side."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from oral_architect.errors import MissingPartError
from oral_architect.geometry import Mask

from .bends import bends, directions
from .region import Region

Floats = NDArray[np.float64]

MODELS = {"around": "finish_line_around.onnx", "along": "finish_line_along.onnx"}
"""One network for cuts through the tooth's axis, one for cuts square to a line found before."""
CHANNELS = 8
EVERY = 2
"""The network sees every second sample."""
_WINDOWS_MM = (0.21, 0.45)
_FULL_TURN_RAD = np.deg2rad(35.0)
_FAR_MM = 2.0
"""Distances from the border of the crown are cut off here."""


def channels(region: Region, faces: NDArray[np.int64], out: Floats, height: Floats, step_mm: float) -> Floats:
    """Describe cuts for the network.

    Parameters
    ----------
    region
        The tooth and its surroundings.
    faces, out, height
        ``(n, m)``: face under each sample, coordinates outward and occlusal in mm, from inside to outside.
    step_mm
        From sample to sample.

    Returns
    -------
    (8, n, m / 2) float
        Bend over a short and a long window, direction of the cut (outward, occlusal), distance from the crown's border,
        whether there is a surface, whether it was scanned, distance from the inner end.
    """
    there = faces >= 0
    position: Floats = np.arange(out.shape[1], dtype=np.float64) * step_mm
    border = border_mm(region.in_crown[np.maximum(faces, 0)] & there, position)
    found = [np.tanh(bends(out, height, step_mm, window).turn / _FULL_TURN_RAD) for window in _WINDOWS_MM]
    count = 2 * round(_WINDOWS_MM[0] / 2 / step_mm) + 1
    way = np.full((*out.shape, 2), np.nan)
    way[:, count // 2 : out.shape[1] - count // 2] = directions(out, height, count)
    found += [way[..., 0], way[..., 1]]
    found.append(np.clip((position[None] - border[:, None]) / _FAR_MM, -1, 1))
    found += [there.astype(np.float64), (there & (faces < region.scanned_faces)).astype(np.float64)]
    found.append(np.broadcast_to(position / 10.0, out.shape))
    return np.stack([np.where(np.isfinite(x), x, 0.0) for x in found])[:, :, ::EVERY]


def border_mm(own: Mask, position: Floats) -> Floats:
    """How far along each cut the crown reaches, ``(n,) mm``, single outliers evened out."""
    last = own.shape[1] - 1 - own[:, ::-1].argmax(axis=1)
    reach = np.where(own.any(axis=1), position[last], 0.0)
    return np.asarray(median_filter(reach, size=9, mode="wrap"))


def likelihood(kind: str, seen: Floats) -> tuple[Floats, Floats]:
    """Probability that the finish line lies at each sample, and that it is hidden.

    Parameters
    ----------
    kind
        ``"around"`` or ``"along"``.
    seen
        ``(8, n, m)``: see :func:`channels`.

    Returns
    -------
    (n, m) float, (n,) float
        Each row and its chance of being hidden sum to 1.

    Raises
    ------
    MissingPartError
        When the network is not installed.
    """
    (found,) = _session(MODELS[kind]).run(None, {"x": seen[None].astype(np.float32)})
    found = found[0].astype(np.float64)
    return found[:, :-1], found[:, -1]


@cache
def _session(name: str) -> Any:
    import onnxruntime

    resource = files("oral_architect.design.preparation") / "data" / name
    if not resource.is_file():
        raise MissingPartError(
            "the network for finish lines is not part of this installation",
            where=str(resource),
            todo="Reinstall oral-architect.",
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    with as_file(resource) as file:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
