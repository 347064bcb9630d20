"""Write the trained network as ONNX, so that reading scans needs no torch."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from oral_architect.anatomy.reading.graph import FEATURES

from .model import ArchNet

NAMES = (
    ["x"]
    + [f"near{k}" for k in range(4)]
    + [f"pool{k}" for k in range(3)]
    + [f"member{k}" for k in range(3)]
    + [f"lift{k}" for k in range(3)]
    + [f"weight{k}" for k in range(3)]
)
"""Inputs of the exported network, in order."""


class _OneScan(nn.Module):
    def __init__(self, net: ArchNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, *rest: Tensor) -> Any:
        near, pool, member = list(rest[:4]), list(rest[4:7]), list(rest[7:10])
        lift, weight = list(rest[10:13]), list(rest[13:16])
        logits, kind, offset, jaw, turn = self.net(x, near, pool, member, lift, weight, [-1])
        return torch.softmax(logits, 1), torch.softmax(kind, 1), offset, torch.sigmoid(jaw), turn


def averaged_weights(path: Path) -> dict[str, Tensor]:
    """Return the averaged weights of a training state."""
    kept = torch.load(path, map_location="cpu")
    return {k.removeprefix("module."): v for k, v in kept["average"].items() if k != "n_averaged"}


def load_network(path: Path) -> ArchNet:
    """Return the averaged network of a training state."""
    net = ArchNet()
    net.load_state_dict(averaged_weights(path))
    return net.eval()


def export(net: ArchNet, path: Path) -> None:
    """Write ``net`` to an ONNX file with free node counts."""
    n = [400, 120, 40, 20]
    args: list[Tensor] = [torch.zeros(n[0], FEATURES)]
    args += [torch.zeros(n[k], 12, dtype=torch.int32) for k in range(4)]
    args += [torch.zeros(n[k + 1], 10, dtype=torch.int32) for k in range(3)]
    args += [torch.zeros(n[k + 1], dtype=torch.int32) for k in range(3)]
    args += [torch.zeros(n[k], 3, dtype=torch.int32) for k in range(3)]
    args += [torch.zeros(n[k], 3) for k in range(3)]
    levels = [0, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 1, 2, 0, 1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _OneScan(net),
            tuple(args),
            str(path),
            input_names=NAMES,
            output_names=["probability", "kind", "offset", "upper", "turn"],
            dynamic_axes={name: {0: f"n{level}"} for name, level in zip(NAMES, levels, strict=True)}
            | {name: {0: "n0"} for name in ("probability", "kind", "offset")},
            opset_version=18,
            dynamo=False,
        )


def main() -> None:
    """Run from the command line: ``export STATE.pt OUT.onnx``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    export(load_network(args.state), args.out)


if __name__ == "__main__":
    main()
