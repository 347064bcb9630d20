"""Go on training the shipped network on labelled scans; can be stopped at any moment and taken up again.

Nothing random is kept between steps: which scans a step sees and how it looks at them follow from the seed and the
number of the step alone. So a training that was stopped and taken up again is, on one thread, the training that was
never stopped.
"""

from __future__ import annotations

import copy
import io
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from oral_architect.case import Settings, disk
from oral_architect.errors import CaseError, SettingsError

from .batches import batch_of
from .losses import Emphasis, losses
from .model import ArchNet
from .samples import Sample

STATE = "last.pt"
TRIAL_STEPS = 6
"""Steps after which a training of given minutes knows how many steps it has."""
KEEP_SECONDS = 30.0
"""A step takes seconds, so this is what a crash may cost."""
PERMANENT_ONLY_KIND = 0.1
"""Weight of the kinds of teeth where all labels are permanent: left alone, the head calls permanent teeth milk teeth as
what it reads from changes; at full weight it would forget milk teeth sooner."""
CHECK_LOOKS = 24
"""Held-out looks the early stop judges by."""
PATIENCE = 4
"""Checks without a better loss after which the early stop ends the training."""


class FinetuneSettings(Settings):
    """How the network is trained on; the figures are first guesses, two of which were compared on one fold of five."""

    epochs: float | None = Field(default=None, gt=0)
    """Times each scan is looked at."""
    minutes: float | None = Field(default=None, gt=0)
    """Or how long to train, about; fixed as a number of steps once the first few have been timed."""
    peak_rate: float = Field(default=5e-4, gt=0)
    scans_a_step: int = Field(default=1, ge=1)
    edge: float = Field(default=1.0, ge=0)
    """Extra weight of nodes at a boundary between labels."""
    strength: float = Field(default=0.6, ge=0)
    """How much the surface is stretched and roughened, as a part of what phantoms need."""
    average: float = Field(default=0.995, ge=0, lt=1)
    """The weights that are kept are a running mean; this much of it stays at each step."""
    early_stop: bool = False
    """End when the loss on held-out scans no longer falls, and keep the weights that were best on them."""
    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = Field(default=1, ge=1)
    seed: int = 0


@dataclass
class Tuning:
    """Where a training stands."""

    net: ArchNet
    average: ArchNet
    optimiser: torch.optim.Optimizer
    step: int = 0
    steps: int | None = None
    """How many there will be; not known in the first steps of a training of given minutes."""
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Any] | None = None
    """Early stop: the least held-out loss, its step and the weights."""
    checks_since_best: int = 0
    finished: bool = False


@dataclass(frozen=True)
class Told:
    """One line of progress."""

    step: int
    steps: int | None
    loss: float
    right: float
    """Share of nodes labelled right, running mean."""
    seconds_left: float | None


def finetune(
    net: ArchNet,
    train: Sequence[Sequence[Sample]],
    held: Sequence[Sequence[Sample]],
    settings: FinetuneSettings,
    out: Path,
    identity: str,
    tell: Callable[[Told], None] = lambda _told: None,
) -> Tuning:
    """Train a network on samples, keeping its state in a folder.

    Parameters
    ----------
    net
        Where to start from.
    train, held
        Scans to learn from, and scans the early stop judges by, each in one or several samplings, which take turns.
    settings
        How.
    out
        Folder of ``last.pt``; a state that lies there already is taken up.
    identity
        Names data, split and starting weights; a state of another identity is refused.
    tell
        Hears how far it is after each step.

    Raises
    ------
    SettingsError
        When neither epochs nor minutes are given, or there is nothing to train on.
    CaseError
        When the kept state cannot be read or belongs to another training.
    """
    if (settings.epochs is None) == (settings.minutes is None):
        raise SettingsError("give either epochs or minutes", where="train")
    if not train:
        raise SettingsError("there is no scan to train on", where="train")
    torch.set_num_threads(settings.threads)
    identity = f"{identity} {settings.model_dump_json(exclude={'threads', 'device'})}"
    now = _taken_up(net, settings, out / STATE, identity)
    if settings.epochs is not None and not now.finished:
        now.steps = max(1, math.ceil(settings.epochs * len(train) / settings.scans_a_step))
    kinds = any((s[0]["kinds"] > 0).any() for s in train)
    emphasis = Emphasis(edge=settings.edge, kind=0.3 if kinds else PERMANENT_ONLY_KIND)
    checks = max(10, (now.steps or 200) // 20)
    kept_at = time.monotonic()
    while not now.finished and (now.steps is None or now.step < now.steps):
        began = time.monotonic()
        parts = _one_step(now, train, settings, emphasis)
        now.seconds += time.monotonic() - began
        if now.steps is None and now.step == TRIAL_STEPS:
            a_step = now.seconds / now.step
            now.steps = max(TRIAL_STEPS + 1, int(60 * float(settings.minutes or 0) / a_step))
            checks = max(10, now.steps // 20)
        _note(now, parts)
        tell(_told(now))
        if settings.early_stop and held and now.step % checks == 0 and _has_settled(now, held, settings, emphasis):
            break
        if time.monotonic() - kept_at > KEEP_SECONDS:
            _keep(now, out / STATE, identity)
            kept_at = time.monotonic()
    if settings.early_stop and now.best is not None:
        now.average.load_state_dict(now.best["weights"])
    now.steps, now.finished = now.step, True
    _keep(now, out / STATE, identity)
    return now


def _one_step(
    now: Tuning, train: Sequence[Sequence[Sample]], settings: FinetuneSettings, emphasis: Emphasis
) -> dict[str, float]:
    count, size = len(train), settings.scans_a_step
    looks = range(now.step * size, (now.step + 1) * size)
    orders = {epoch: _order(settings.seed, epoch, count) for epoch in {look // count for look in looks}}
    chosen = [_sampling(train[orders[look // count][look % count]], look // count) for look in looks]
    generators = [np.random.default_rng([settings.seed, 1, look]) for look in looks]
    batch = _on(batch_of(chosen, generators, settings.strength), settings.device)
    for group in now.optimiser.param_groups:
        group["lr"] = _rate(now.step, now.steps, settings.peak_rate)
    now.net.train()
    loss, parts = losses(now.net, batch, emphasis)
    now.optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(now.net.parameters(), 1.0)
    now.optimiser.step()
    now.step += 1
    keep = min(settings.average, now.step / (now.step + 9))
    with torch.no_grad():
        for mean, present in zip(now.average.parameters(), now.net.parameters(), strict=True):
            mean.lerp_(present, 1 - keep)
    return parts


def _order(seed: int, epoch: int, count: int) -> list[int]:
    return [int(i) for i in np.random.default_rng([seed, 0, epoch]).permutation(count)]


def _sampling(samplings: Sequence[Sample], turn: int) -> Sample:
    return samplings[turn % len(samplings)]


def _rate(step: int, steps: int | None, peak: float) -> float:
    """A short rise, then half a cosine down to two per cent."""
    share = 0.0 if steps is None else step / steps
    rise = min(1.0, (step + 1) / 20)
    return peak * rise * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))


def _note(now: Tuning, parts: dict[str, float]) -> None:
    before = now.history[-1] if now.history else {}
    mixed = {name: 0.95 * before.get(name, parts[name]) + 0.05 * parts[name] for name in ("loss", "accuracy")}
    now.history.append({"step": float(now.step), **mixed})


def _told(now: Tuning) -> Told:
    last = now.history[-1]
    left = None if now.steps is None else (now.steps - now.step) * now.seconds / now.step
    return Told(now.step, now.steps, last["loss"], last["accuracy"], left)


def _has_settled(now: Tuning, held: Sequence[Sequence[Sample]], settings: FinetuneSettings, emphasis: Emphasis) -> bool:
    """Judge the mean weights by held-out looks that are always the same ones; tell whether to stop."""
    total = 0.0
    now.average.eval()
    with torch.no_grad():
        for k in range(CHECK_LOOKS):
            generator = np.random.default_rng([settings.seed, 3, k])
            batch = _on(batch_of([_sampling(held[k % len(held)], k)], [generator], settings.strength), settings.device)
            total += losses(now.average, batch, emphasis)[1]["loss"]
    loss = total / CHECK_LOOKS
    now.history[-1]["held_out_loss"] = loss
    if now.best is None or loss < now.best["loss"]:
        now.best = {"loss": loss, "step": now.step, "weights": copy.deepcopy(now.average.state_dict())}
        now.checks_since_best = 0
    else:
        now.checks_since_best += 1
    return now.checks_since_best >= PATIENCE


def _on(batch: dict[str, Any], device: str) -> dict[str, Any]:
    """Bring a batch to a device."""
    if device == "cpu":
        return batch

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(v) for v in value]
        return value.to(device) if isinstance(value, Tensor) else value

    return {name: moved(value) for name, value in batch.items()}


def _taken_up(net: ArchNet, settings: FinetuneSettings, path: Path, identity: str) -> Tuning:
    """Begin, or go on from the state that is kept."""
    net = net.to(settings.device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=settings.peak_rate, weight_decay=0.02, betas=(0.9, 0.98))
    now = Tuning(net, copy.deepcopy(net), optimiser)
    if not path.exists():
        return now
    try:
        kept = torch.load(path, map_location=settings.device, weights_only=True)
        same = kept["identity"] == identity
    except Exception as error:  # a damaged pickle raises whatever it meets
        raise CaseError(
            "the kept training cannot be read.", where=str(path), todo="Delete it and train from the start."
        ) from error
    if not same:
        raise CaseError(
            "a training with other scans, settings or starting weights is kept here.",
            where=str(path),
            todo="Give the same ones, or another --out.",
        )
    net.load_state_dict(kept["net"])
    now.average.load_state_dict(kept["average"])
    optimiser.load_state_dict(kept["optimiser"])
    now.step, now.steps, now.seconds = kept["step"], kept["steps"], kept["seconds"]
    now.history, now.best, now.checks_since_best = kept["history"], kept["best"], kept["checks_since_best"]
    now.finished = kept["finished"]
    return now


def _keep(now: Tuning, path: Path, identity: str) -> None:
    """Write the state in one piece: whoever stops the program finds the old one or the new one."""
    content = io.BytesIO()
    state = {
        "identity": identity,
        "net": now.net.state_dict(),
        "average": now.average.state_dict(),
        "optimiser": now.optimiser.state_dict(),
        "step": now.step,
        "steps": now.steps,
        "seconds": now.seconds,
        "history": now.history,
        "best": now.best,
        "checks_since_best": now.checks_since_best,
        "finished": now.finished,
    }
    torch.save(state, content)
    with disk.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace_file(path, content.getvalue())
