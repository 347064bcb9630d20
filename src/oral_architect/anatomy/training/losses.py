"""What the network is trained for: labels, kinds, centres, jaw and turn."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from .model import ArchNet
from .samples import ANYWHERE

KIND_WEIGHTS = (1.0, 2.0, 12.0)
"""Weights of permanent, deciduous and supernumerary nodes: of a thousand tooth nodes about five are supernumerary."""


class Emphasis(NamedTuple):
    """What the training loss makes much of."""

    edge: float = 0.0
    """Extra weight of the labels of nodes that have a neighbour with another label."""
    kind: float = 0.3
    """Weight of the kinds of teeth; small where a data set has only permanent ones."""
    rest: float = 1.0
    """Weight of everything but the kinds."""


def losses(net: ArchNet, batch: dict[str, Any], emphasis: Emphasis | None = None) -> tuple[Tensor, dict[str, float]]:
    """Return the training loss and its parts."""
    emphasis = emphasis or Emphasis()
    logits, kind, offset, jaw, turn = net(
        batch["x"], batch["near"], batch["pool"], batch["member"], batch["lift"], batch["weight"], batch["sizes"]
    )
    placed = batch["classes"] != ANYWHERE
    tooth = batch["classes"] != 0
    label = nn.functional.cross_entropy(
        logits[placed], batch["classes"][placed], label_smoothing=0.03, reduction="none"
    )
    if emphasis.edge:
        edge = (batch["classes"][batch["near"][0].long()] != batch["classes"][:, None]).any(1)
        counts = 1 + emphasis.edge * edge[placed].float()
        label = (label * counts).sum() / counts.sum()
    else:
        label = label.mean()
    if not placed.all():  # of a supernumerary tooth only that it is one can be learnt here
        label = label - (1 - logits[~placed].softmax(1)[:, 0]).clamp_min(1e-4).log().sum() / len(logits)
    kind_loss = nn.functional.cross_entropy(kind[tooth], batch["kinds"][tooth], weight=kind.new_tensor(KIND_WEIGHTS))
    centre = nn.functional.smooth_l1_loss(offset[tooth] * 5, batch["offset"][tooth] * 5)
    jaw_loss = nn.functional.binary_cross_entropy_with_logits(jaw, batch["upper"])
    turn_loss = nn.functional.smooth_l1_loss(turn * 8, batch["turn"] * 8)
    total = emphasis.rest * (label + 0.3 * centre + 0.15 * jaw_loss + 0.3 * turn_loss) + emphasis.kind * kind_loss
    with torch.no_grad():
        told = logits.argmax(1)
        parts = {
            "loss": float(total),
            "accuracy": float((told == batch["classes"])[placed].float().mean()),
            "kind": float((kind.argmax(1) == batch["kinds"])[tooth].float().mean()),
            "tooth": float(((told > 0) == tooth).float().mean()),
            "jaw": float(((jaw > 0) == (batch["upper"] > 0.5)).float().mean()),
            "turn_deg": float(torch.rad2deg((turn - batch["turn"]).norm(dim=1)).mean()),
        }
    return total, parts
