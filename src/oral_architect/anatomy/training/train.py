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
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from .export import averaged_weights
from .model import ArchNet
from .phantoms import draw_sample
from .samples import ANYWHERE, Sample, load_sample, save_sample, trial_pose

log = logging.getLogger("train")


def make(folder: Path, first_seed: int, count: int, step: int = 1) -> None:
    """Draw phantoms into a folder, one file a seed; seeds that are there already are skipped."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first_seed, first_seed + count * step, step):
        path = folder / f"{seed:07d}.npz"
        if not path.exists():
            save_sample(draw_sample(seed), path)


def batch_of(
    samples: list[Sample], rng: np.random.Generator | list[np.random.Generator], strength: float = 1.0
) -> dict[str, Any]:
    """Join several looks into one graph; each look may have its own generator (see :func:`.samples.trial_pose`)."""
    each = rng if isinstance(rng, list) else [rng] * len(samples)
    looks = [trial_pose(s, r, strength) for s, r in zip(samples, each, strict=True)]
    out: dict[str, Any] = {
        "x": torch.from_numpy(np.concatenate([f for f, _, _ in looks])),
        "turn": torch.from_numpy(np.stack([t for _, t, _ in looks])),
        "classes": torch.from_numpy(np.concatenate([d["classes"] for _, _, d in looks])),
        "kinds": torch.from_numpy(np.concatenate([d["kinds"] for _, _, d in looks])),
        "offset": torch.from_numpy(np.concatenate([d["offset"] for _, _, d in looks])),
        "upper": torch.tensor([float(s["upper"]) for s in samples]),
    }
    counts = [[len(s["points"]), *[len(s[f"member{k}"]) for k in range(3)]] for s in samples]
    starts = np.concatenate([np.zeros((1, 4), int), np.cumsum(counts, 0)])
    out["sizes"] = [c[3] for c in counts]

    def joined(name: str, level: int) -> Tensor:
        parts = [s[name].astype(np.int32) + np.int32(starts[i, level]) for i, s in enumerate(samples)]
        return torch.from_numpy(np.concatenate(parts))

    out["near"] = [joined(f"near{k}", k) for k in range(4)]
    out["pool"] = [joined(f"pool{k}", k) for k in range(3)]
    out["member"] = [joined(f"member{k}", 0) for k in range(3)]
    out["lift"] = [joined(f"lift{k}", k + 1) for k in range(3)]
    out["weight"] = [
        torch.from_numpy(np.concatenate([s[f"weight{k}"].astype(np.float32) for s in samples])) for k in range(3)
    ]
    return out


class Emphasis(NamedTuple):
    """What the training loss makes much of."""

    edge: float = 0.0
    """Extra weight of the labels of nodes that have a neighbour with another label."""
    kind: float = 0.3
    """Weight of the kinds of teeth; 0 where a data set has only permanent ones and would unlearn the others."""


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
    kind_loss = nn.functional.cross_entropy(kind[tooth], batch["kinds"][tooth])
    centre = nn.functional.smooth_l1_loss(offset[tooth] * 5, batch["offset"][tooth] * 5)
    jaw_loss = nn.functional.binary_cross_entropy_with_logits(jaw, batch["upper"])
    turn_loss = nn.functional.smooth_l1_loss(turn * 8, batch["turn"] * 8)
    total = label + emphasis.kind * kind_loss + 0.3 * centre + 0.15 * jaw_loss + 0.3 * turn_loss
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


def train(
    samples: Path, out: Path, minutes: float, batch_size: int, seed: int, peak_rate: float, start: Path | None = None
) -> None:
    """Train for a time, keeping ``last.pt`` (weights, averaged weights, step); ``start`` gives first weights."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    net = _network(start)
    keep = torch.optim.swa_utils.get_ema_multi_avg_fn(0.998)  # type: ignore[no-untyped-call]
    average = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=keep)
    optimiser = torch.optim.AdamW(net.parameters(), lr=peak_rate, weight_decay=0.02, betas=(0.9, 0.98))
    rng = np.random.default_rng(seed)
    step, spent = 0, 0.0
    last = out / "last.pt"
    if last.exists():
        kept = torch.load(last)
        net.load_state_dict(kept["net"])
        average.load_state_dict(kept["average"])
        optimiser.load_state_dict(kept["optimiser"])
        step, spent = kept["step"], kept["spent"]
    log.info("weights %d", sum(p.numel() for p in net.parameters()))
    began = time.monotonic() - spent
    cache: dict[Path, Sample] = {}
    running: dict[str, float] = {}
    files: list[Path] = []
    while (elapsed := time.monotonic() - began) < minutes * 60:
        if step % 25 == 0 or len(files) < batch_size:
            files = sorted(samples.glob("*.npz"))
            if len(files) < batch_size:
                time.sleep(5)
                continue
        share = elapsed / (minutes * 60)
        rate = peak_rate * min(1.0, (step + 1) / 100) * (0.5 * (1 + np.cos(np.pi * share)) * 0.97 + 0.03)
        for group in optimiser.param_groups:
            group["lr"] = float(rate)
        newest = max(1, len(files) // 3)  # fresh phantoms are looked at more often
        chosen = [
            files[int(rng.integers(len(files)))] if rng.random() < 0.6 else files[-int(rng.integers(1, newest + 1))]
            for _ in range(batch_size)
        ]
        for path in chosen:
            if path not in cache:
                cache[path] = load_sample(path)
        loss, parts = losses(net, batch_of([cache[p] for p in chosen], rng))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(net)
        step += 1
        for name, value in parts.items():
            running[name] = 0.97 * running.get(name, value) + 0.03 * value
        if step % 50 == 0:
            told = {k: round(v, 4) for k, v in running.items()}
            log.info("%s", json.dumps({"step": step, "minutes": round(elapsed / 60, 1), "samples": len(files), **told}))
        if step % 200 == 0:
            _keep(last, net, average, optimiser, step, time.monotonic() - began)
    _keep(last, net, average, optimiser, step, time.monotonic() - began)


def _network(start: Path | None) -> ArchNet:
    """Return a fresh network, or one with the averaged weights of a kept state; heads it has not are learnt anew."""
    net = ArchNet()
    if start is not None:
        net.load_state_dict(averaged_weights(start), strict=False)
    return net


def _keep(
    path: Path, net: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, step: int, spent: float
) -> None:
    aside = path.with_suffix(".part")
    state = {
        "net": net.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent": spent,
    }
    torch.save(state, aside)
    aside.replace(path)


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
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=100_000)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if args.make:
        make(args.samples, args.first_seed, args.count)
    else:
        train(args.samples, args.out, args.minutes, args.batch, args.seed, args.rate, args.start)


if __name__ == "__main__":
    main()
