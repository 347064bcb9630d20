"""The network that tells on which sample of each cut the finish line lies, and its loss."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from ..evidence import CHANNELS

WIDTH = 20
REACHES = (1, 2, 4, 8, 4, 2, 1)
"""How far apart the cuts and samples lie that each layer compares."""
_SOFT = ((0, 0.6), (-1, 0.2), (1, 0.2))
"""The truth is shared with the neighbouring samples: a scan shows it no better."""


class Around(nn.Module):
    """Compare each sample with its neighbours; the cuts close to a ring, their ends are open."""

    def __init__(self, before: int, after: int, reach: int) -> None:
        super().__init__()
        self.reach = reach
        self.compare = nn.Conv2d(before, after, 3, dilation=reach, padding=(0, reach))

    def forward(self, x: Tensor) -> Tensor:
        """``(1, c, n, m)`` to ``(1, d, n, m)``."""
        closed = torch.cat([x[:, :, -self.reach :], x, x[:, :, : self.reach]], 2)
        found: Tensor = self.compare(closed)
        return found


class FinishLineNet(nn.Module):
    """Residual layers, a score a sample and one a cut for being hidden."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Around(CHANNELS, WIDTH, 1)
        self.layers = nn.ModuleList(Around(WIDTH, WIDTH, reach) for reach in REACHES)
        self.norms = nn.ModuleList(nn.BatchNorm2d(WIDTH) for _ in REACHES)
        self.place = nn.Conv2d(WIDTH, 1, 1)
        self.hidden = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(1, 8, n, m)`` to scores ``(1, n, m + 1)``."""
        x = self.first(x)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = x + torch.relu(norm(layer(x)))
        hidden = self.hidden(x.amax(3).transpose(1, 2))
        return torch.cat([self.place(x)[:, 0], hidden], 2)


def loss(scores: Tensor, at: Tensor) -> Tensor:
    """Mean cross-entropy; ``scores`` ``(1, n, m + 1)``, ``at`` ``(n,)`` with -1 for hidden."""
    chance = torch.log_softmax(scores[0], 1)
    last = chance.shape[1] - 1
    truth = torch.zeros_like(chance)
    row = torch.arange(len(at))
    shown = at >= 0
    truth[~shown, last] = 1.0
    for offset, share in _SOFT:
        truth[row[shown], (at[shown] + offset).clamp(0, last - 1)] += share
    return -(truth * chance).sum(1).mean()


class _Chances(nn.Module):
    def __init__(self, net: FinishLineNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(self.net(x), 2)


def export(net: FinishLineNet, samples: int, path: Path) -> None:
    """Write the network for cuts of so many samples, any number of cuts, as ONNX."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Chances(net.eval()),
            (torch.zeros(1, CHANNELS, 120, samples),),
            str(path),
            input_names=["x"],
            output_names=["chance"],
            dynamic_axes={"x": {2: "cuts"}, "chance": {1: "cuts"}},
            opset_version=18,
            dynamo=False,
        )
