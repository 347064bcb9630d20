"""Train the network on phantoms.

    python -m oral_architect.anatomy.training.train --samples FOLDER --out FOLDER [--minutes 60] [--make]

``--make`` draws phantoms into the sample folder until stopped; run it beside the trainer. Training starts as soon
as there are samples, looks again for new ones all the time, and keeps ``last.pt`` so that it can be resumed.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from .batches import batch_of
from .export import averaged_weights
from .losses import Emphasis, losses
from .model import ArchNet
from .phantoms import draw_sample
from .samples import Sample, load_sample, save_sample

log = logging.getLogger("train")


def make(folder: Path, first_seed: int, count: int, step: int = 1) -> None:
    """Draw phantoms into a folder, one file a seed; seeds that are there already are skipped."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first_seed, first_seed + count * step, step):
        path = folder / f"{seed:07d}.npz"
        if not path.exists():
            save_sample(draw_sample(seed), path)


@dataclass(frozen=True)
class Recipe:
    """How a training runs."""

    minutes: float = 60
    batch: int = 3
    seed: int = 0
    rate: float = 2e-3
    start: Path | None = None
    """A kept state whose averaged weights to start from."""
    only_kinds: bool = False
    """Change nothing but the head for the kinds of teeth."""


def train(samples: Path, out: Path, recipe: Recipe) -> None:
    """Train for a time on the samples of a folder, keeping ``last.pt`` (weights, averaged weights, step) in another."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)
    state = _State(recipe)
    emphasis = Emphasis(rest=0.0 if recipe.only_kinds else 1.0)
    rng = np.random.default_rng(recipe.seed)
    last = out / "last.pt"
    if last.exists():
        state.load(last)
    log.info("weights %d", sum(p.numel() for p in state.net.parameters()))
    began = time.monotonic() - state.spent
    cache: dict[Path, Sample] = {}
    running: dict[str, float] = {}
    files: list[Path] = []
    while (elapsed := time.monotonic() - began) < recipe.minutes * 60:
        if state.step % 25 == 0 or len(files) < recipe.batch:
            files = sorted(samples.glob("*.npz"))
            if len(files) < recipe.batch:
                time.sleep(5)
                continue
        chosen = _choose(files, recipe.batch, rng)
        for path in chosen:
            if path not in cache:
                cache[path] = load_sample(path)
        batch = batch_of([cache[p] for p in chosen], rng)
        for name, value in state.learn(batch, emphasis, elapsed / (recipe.minutes * 60)).items():
            running[name] = 0.97 * running.get(name, value) + 0.03 * value
        if state.step % 50 == 0:
            told: dict[str, float] = {"step": state.step, "minutes": round(elapsed / 60, 1), "samples": len(files)}
            log.info("%s", json.dumps(told | {k: round(v, 4) for k, v in running.items()}))
        if state.step % 200 == 0:
            state.keep(last, time.monotonic() - began)
    state.keep(last, time.monotonic() - began)


class _State:
    """Network, averaged network and optimiser in mid-training."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.net = _network(recipe.start)
        for name, weights in self.net.named_parameters():
            weights.requires_grad_(not recipe.only_kinds or name.startswith("kind."))
        keep = torch.optim.swa_utils.get_ema_multi_avg_fn(0.998)  # type: ignore[no-untyped-call]
        self.average = torch.optim.swa_utils.AveragedModel(self.net, multi_avg_fn=keep)
        learnt = [weights for weights in self.net.parameters() if weights.requires_grad]
        self.optimiser = torch.optim.AdamW(learnt, lr=recipe.rate, weight_decay=0.02, betas=(0.9, 0.98))
        self.step = 0
        self.spent = 0.0

    def learn(self, batch: dict[str, Any], emphasis: Emphasis, share: float) -> dict[str, float]:
        """Take one step; ``share`` of the training is done."""
        fall = 0.5 * (1 + np.cos(np.pi * share)) * 0.97 + 0.03
        for group in self.optimiser.param_groups:
            group["lr"] = float(self.recipe.rate * min(1.0, (self.step + 1) / 100) * fall)
        loss, parts = losses(self.net, batch, emphasis)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.average.update_parameters(self.net)
        self.step += 1
        return parts

    def load(self, path: Path) -> None:
        """Go on from a kept state."""
        kept = torch.load(path)
        self.net.load_state_dict(kept["net"])
        self.average.load_state_dict(kept["average"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.step, self.spent = kept["step"], kept["spent"]

    def keep(self, path: Path, spent: float) -> None:
        """Write the state aside and rename it."""
        aside = path.with_suffix(".part")
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "spent": spent,
        }
        torch.save(state, aside)
        aside.replace(path)


def _choose(files: list[Path], count: int, rng: np.random.Generator) -> list[Path]:
    """Draw samples; the newest third is looked at more often."""
    newest = max(1, len(files) // 3)
    return [
        files[int(rng.integers(len(files)))] if rng.random() < 0.6 else files[-int(rng.integers(1, newest + 1))]
        for _ in range(count)
    ]


def _network(start: Path | None) -> ArchNet:
    """Return a fresh network, or one with the averaged weights of a kept state; heads it has not are learnt anew."""
    net = ArchNet()
    if start is not None:
        net.load_state_dict(averaged_weights(start), strict=False)
    return net


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--batch", type=int, default=3)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="a kept state whose weights to start from")
    parser.add_argument("--only-kinds", action="store_true", help="change nothing but the head for kinds of teeth")
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=100_000)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if args.make:
        make(args.samples, args.first_seed, args.count)
    else:
        recipe = Recipe(args.minutes, args.batch, args.seed, args.rate, args.start, args.only_kinds)
        train(args.samples, args.out, recipe)


if __name__ == "__main__":
    main()
