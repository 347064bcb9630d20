"""Run the shipped network on a scan graph with onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import MissingPartError

from .graph import SCALE_MM, ScanGraph, features

MODEL = "arch_net.onnx"


@dataclass(frozen=True, eq=False)
class Reading:
    """What the network says about one scan in one trial pose."""

    probability: NDArray[np.float32]
    """``(n, 17) float``: gingiva, places 1-8 on +x, places 1-8 on -x."""
    kind: NDArray[np.float32]
    """``(n, 3) float``: were it a tooth, a permanent, a deciduous or a supernumerary one."""
    tooth_centre: NDArray[np.float64]
    """``(n, 3) float, mm``, trial frame: where each node believes its tooth's centre is."""
    upper: float
    """Probability that this is an upper jaw."""
    turn_back: NDArray[np.float64]
    """``(3,) rad``: rotation vector that would bring the trial pose upright."""

    @property
    def certainty(self) -> float:
        """Mean probability of the chosen classes over what is called tooth; 0 where nothing is."""
        chosen = self.probability.argmax(1)
        tooth = chosen > 0
        if tooth.mean() < 0.02:
            return 0.0
        return float(self.probability.max(1)[tooth].mean())


@contextmanager
def shipped_model() -> Iterator[Path]:
    """Give the file of the network that comes with the program.

    Raises
    ------
    MissingPartError
        When the installation lacks it.
    """
    resource = files("oral_architect.anatomy") / "data" / MODEL
    if not resource.is_file():
        raise MissingPartError(
            "the trained network is not part of this installation",
            where=str(resource),
            todo="Reinstall oral-architect, or train one: python -m oral_architect.anatomy.training.train --help",
        )
    with as_file(resource) as file:
        yield file


@cache
def _session(path: str | None) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if path is not None:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    with shipped_model() as file:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def read(
    graph: ScanGraph, rotation: NDArray[np.float64], centre: NDArray[np.float64], model: Path | None = None
) -> Reading:
    """Let the network look at a scan in a trial pose.

    Parameters
    ----------
    graph
        The sampled scan.
    rotation
        ``(3, 3)``: scan frame to trial frame (+z occlusal, +y anterior).
    centre
        ``(3,) mm``: scan-frame point that becomes the origin.
    model
        Another network file than the shipped one.

    Raises
    ------
    MissingPartError
        When the shipped network is not installed.
    """
    x = features(graph, rotation, centre)
    feed: dict[str, Any] = {"x": x}
    for k in range(4):
        feed[f"near{k}"] = graph.near[k]
    for k in range(3):
        feed[f"pool{k}"] = graph.pool[k]
        feed[f"member{k}"] = graph.members[k]
        feed[f"lift{k}"] = graph.lift[k]
        feed[f"weight{k}"] = graph.lift_weight[k]
    probability, kind, offset, upper, turn = _session(str(model) if model else None).run(None, feed)
    centres = (offset + x[:, :3]).astype(np.float64) * SCALE_MM
    return Reading(probability, kind, centres, float(upper[0]), turn[0].astype(np.float64))


def mirrored(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """Swap the two sides' classes, as seen in a mirror at x = 0."""
    return np.concatenate([probability[:, :1], probability[:, 9:], probability[:, 1:9]], axis=1)
