"""The network: a four-level graph U-Net with attention across the arch, 1.6 million weights.

Each level mixes a node with the strongest response among its neighbours: ``h = W1 x + max_j(W2 x_j)``. The
maximum commutes with the linear map, so no edge tensor is ever formed and a laptop core trains it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from oral_architect.anatomy.reading.graph import FEATURES

CLASSES = 17
"""Gingiva, then places 1-8 on the +x side, then places 1-8 on the -x side (seen from the occlusal side)."""
KINDS = 3
"""Permanent, deciduous, supernumerary."""


class NeighbourMax(torch.autograd.Function):
    """Maximum over gathered neighbours; the gradient goes to the winner alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor) -> Tensor:
        """Take the maximum and remember who won."""
        from .gather import gather_max

        best, winner = gather_max(x.detach().numpy(), index.numpy())
        ctx.rows = x.shape[0]
        winner_tensor = torch.from_numpy(winner)
        ctx.save_for_backward(winner_tensor)
        return torch.from_numpy(best)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Give the gradient to the winners."""
        from .gather import scatter_winner

        (winner,) = ctx.saved_tensors
        return torch.from_numpy(scatter_winner(grad.contiguous().numpy(), winner.numpy(), ctx.rows)), None


class WeightedLift(torch.autograd.Function):
    """Fill finer nodes from three coarser ones."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor, weight: Tensor) -> Tensor:
        """Take the weighted mean."""
        ctx.save_for_backward(index, weight)
        ctx.rows = x.shape[0]
        return (x[index] * weight[:, :, None]).sum(1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        """Share the gradient out by the weights."""
        from .gather import scatter_weighted

        index, weight = ctx.saved_tensors
        out = scatter_weighted(grad.contiguous().numpy(), index.numpy(), weight.numpy(), ctx.rows)
        return torch.from_numpy(out), None, None


def neighbour_max(x: Tensor, index: Tensor) -> Tensor:
    """Maximum over ``x[index]`` along the neighbours, ``(n, c)``."""
    if torch.onnx.is_in_onnx_export() or x.device.type != "cpu":
        return plain_neighbour_max(x, index)
    found: Tensor = NeighbourMax.apply(x, index)  # type: ignore[no-untyped-call]
    return found


def weighted_lift(x: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean of ``x[index]``, ``(n, c)``."""
    if torch.onnx.is_in_onnx_export() or x.device.type != "cpu":
        return plain_weighted_lift(x, index, weight)
    filled: Tensor = WeightedLift.apply(x, index, weight)  # type: ignore[no-untyped-call]
    return filled


def plain_neighbour_max(x: Tensor, index: Tensor) -> Tensor:
    """:func:`neighbour_max` by torch alone, for graphics cards and for the exported network."""
    return x[index.long()].amax(1)


def plain_weighted_lift(x: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """:func:`weighted_lift` by torch alone, for graphics cards and for the exported network."""
    return (x[index.long()] * weight[:, :, None]).sum(1)


class Mix(nn.Module):
    """One residual graph layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.own = nn.Linear(width, width)
        self.other = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, near: Tensor) -> Tensor:
        """``(n, c)`` in, ``(n, c)`` out."""
        h = self.norm(x)
        h = torch.relu(self.own(h) + neighbour_max(self.other(h), near))
        out: Tensor = x + self.out(h)
        return out


class Attend(nn.Module):
    """Self-attention among the nodes of one scan, on the coarsest level."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.heads = heads

    def forward(self, x: Tensor, sizes: list[int]) -> Tensor:
        """``(n, c)`` in, ``(n, c)`` out; ``sizes`` tells how many nodes each scan of the batch has."""
        c = x.shape[1]
        qkv = self.qkv(self.norm(x))
        parts = []
        for part in torch.split(qkv, sizes) if len(sizes) > 1 else (qkv,):
            q, k, v = part.reshape(-1, 3, self.heads, c // self.heads).permute(1, 2, 0, 3)
            score = torch.softmax(q @ k.transpose(1, 2) / (c // self.heads) ** 0.5, dim=-1)
            parts.append((score @ v).permute(1, 0, 2).reshape(-1, c))
        x = x + self.out(torch.cat(parts))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class ArchNet(nn.Module):
    """Labels every node, tells the jaw, and how the trial pose should be turned."""

    def __init__(self, widths: tuple[int, ...] = (48, 96, 144, 192)) -> None:
        super().__init__()
        w = widths
        self.stem = nn.Linear(FEATURES, w[0])
        self.down_mix = nn.ModuleList([nn.ModuleList([Mix(c) for _ in range(2)]) for c in w])
        self.enter = nn.ModuleList([nn.Linear(w[i] + FEATURES, w[i + 1]) for i in range(3)])
        self.attend = nn.ModuleList([Attend(w[3]) for _ in range(3)])
        self.fuse = nn.ModuleList([nn.Linear(w[i] + w[i + 1], w[i]) for i in range(3)])
        self.up_mix = nn.ModuleList(
            [nn.ModuleList([Mix(c) for _ in range(k)]) for c, k in zip(w, (2, 2, 1), strict=False)]
        )
        self.label = nn.Sequential(nn.LayerNorm(w[0]), nn.Linear(w[0], w[0]), nn.ReLU(), nn.Linear(w[0], CLASSES))
        self.kind = nn.Sequential(nn.LayerNorm(w[0]), nn.Linear(w[0], w[0]), nn.ReLU(), nn.Linear(w[0], KINDS))
        self.centre = nn.Sequential(nn.LayerNorm(w[0]), nn.Linear(w[0], w[0]), nn.ReLU(), nn.Linear(w[0], 3))
        self.whole = nn.Sequential(nn.LayerNorm(w[3]), nn.Linear(w[3], 96), nn.ReLU())
        self.jaw = nn.Linear(96, 1)
        self.turn = nn.Linear(96, 3)

    def forward(
        self,
        x: Tensor,
        near: list[Tensor],
        pool: list[Tensor],
        member: list[Tensor],
        lift: list[Tensor],
        lift_weight: list[Tensor],
        sizes: list[int],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Read a batch of scans.

        Returns
        -------
        label logits ``(n, 17)``, kind logits ``(n, 3)``, offsets to the own tooth's centre ``(n, 3)`` in units of
        25 mm, and per scan the jaw logit (positive is upper) and the turn back (rad).
        """
        raw, h = x, self.stem(x)
        kept = []
        for level in range(4):
            for mix in self.down_mix[level]:  # type: ignore[attr-defined]
                h = mix(h, near[level])
            if level < 3:
                kept.append(h)
                gathered = neighbour_max(h, pool[level])
                h = self.enter[level](torch.cat([gathered, raw[member[level].long()]], 1))
        for attend in self.attend:
            h = attend(h, sizes)
        means = (
            torch.stack([part.mean(0) for part in torch.split(h, sizes)]) if len(sizes) > 1 else h.mean(0, keepdim=True)
        )
        whole = self.whole(means)
        for level in (2, 1, 0):
            h = weighted_lift(h, lift[level], lift_weight[level])
            h = self.fuse[level](torch.cat([kept[level], h], 1))
            for mix in self.up_mix[level]:  # type: ignore[attr-defined]
                h = mix(h, near[level])
        return self.label(h), self.kind(h), self.centre(h), self.jaw(whole)[:, 0], self.turn(whole)
