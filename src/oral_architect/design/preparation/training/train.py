"""Train both networks: ``python -m oral_architect.design.preparation.training.train --help``."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..evidence import MODELS
from .examples import Example, kept_examples
from .network import FinishLineNet, export, loss

log = logging.getLogger(__name__)

_BATCH, _RATE, _WARM = 4, 3e-3, 50
_BORDER_OFF = 0.12
"""How far the border of the crown is moved for training, in units of its channel (2 mm): labels are not exact."""
_NO_BORDER_SHARE = 0.05
_TOLD_EVERY = 100
_LONGEST = 380
"""More cuts than this around one tooth are a tooth whose line is no line."""


def trained(kind: str, examples: list[Example], steps: int, seed: int) -> FinishLineNet:
    """Train the network for one kind of cuts.

    Parameters
    ----------
    kind
        ``"around"`` or ``"along"``.
    examples
        Of phantoms; those of the other kind are left out.
    steps
        Of four teeth each.
    seed
        Of weights, order and disturbances.
    """
    own = [one for one in examples if one.kind == kind and len(one.at) <= _LONGEST]
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = FinishLineNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=1e-3)
    history: list[float] = []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1.0, (step + 1) / _WARM) * (1 - step / steps) ** 0.8
        optimiser.zero_grad()
        for _ in range(_BATCH):
            seen, at = _disturbed(own[int(rng.integers(len(own)))], rng)
            one = loss(net(seen), at) / _BATCH
            torch.autograd.backward(one)
            history.append(_BATCH * one.item())
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        if (step + 1) % _TOLD_EVERY == 0:
            log.info("%s, step %d: loss %.3f", kind, step + 1, float(np.mean(history[-_BATCH * _TOLD_EVERY :])))
    return net


def _disturbed(example: Example, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Mirror, move the border of the crown, scale the bends."""
    seen, at = example.seen.astype(np.float32), example.at
    if rng.random() < 0.5:
        seen, at = seen[:, ::-1], at[::-1]
    seen, at = seen.copy(), at.copy()
    off = _slow(len(at), rng) * rng.exponential(_BORDER_OFF) / 2 + rng.normal(0, _BORDER_OFF) / 2
    seen[4] = np.clip(seen[4] + off[:, None] * (np.abs(seen[4]) < 1), -1, 1)
    if rng.random() < _NO_BORDER_SHARE:
        seen[4] = rng.choice([-1, 0, 1])
    seen[:4] *= 1 + rng.normal(0, 0.05)
    return torch.from_numpy(seen)[None], torch.from_numpy(at)


def _slow(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise of unit size that changes over a dozen cuts and closes to a ring."""
    noise = rng.standard_normal(count)
    return np.asarray(np.convolve(np.r_[noise[-6:], noise, noise[:6]], np.ones(13), "valid") / np.sqrt(13))


def main() -> None:
    """Make the examples, train, write the networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first-seed", type=int, default=1001)
    parser.add_argument("--patients", type=int, default=23)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=Path, required=True, help="folder that keeps the examples")
    parser.add_argument("--out", type=Path, required=True, help="folder for the networks")
    parser.add_argument("--only", choices=tuple(MODELS))
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for folder in (options.examples, options.out):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = range(options.first_seed, options.first_seed + options.patients)
    examples = [one for seed in seeds for one in kept_examples(seed, options.examples)]
    for kind, name in MODELS.items():
        if options.only in (None, kind):
            net = trained(kind, examples, options.steps, options.seed)
            samples = next(one.seen.shape[2] for one in examples if one.kind == kind)
            export(net, samples, options.out / name)


if __name__ == "__main__":
    main()
