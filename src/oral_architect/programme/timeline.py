"""The treatment timeline: one device, several teeth, and no waiting for a tooth to cool while another can be served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .document import Step
from .profile import Profile


@dataclass(frozen=True)
class LayerTimes:
    """How long each part of a layer takes."""

    deposit_s: float
    cure_s: float
    cool_s: float


@dataclass(frozen=True)
class Job:
    """One tooth's layers, first to last."""

    fdi: int
    layers: tuple[LayerTimes, ...]
    removal_s: float = 0.0


@dataclass
class _Chain:
    """What is left to do on one tooth. Each task holds the device; cooling does not."""

    fdi: int
    tasks: list[tuple[tuple[str, float, int], ...]]
    cool_s: list[float]
    ready_s: float = 0.0
    done: int = field(default=0)

    @property
    def left_s(self) -> float:
        rest = self.tasks[self.done :]
        return sum(d for task in rest for _, d, _ in task) + sum(self.cool_s[self.done :])


def schedule(profile: Profile, jobs: Sequence[Job]) -> tuple[Step, ...]:
    """Lay all steps of a session on one device.

    The device stays with its tooth while that tooth is ready; while it cools, the device serves another, if it can
    begin there before the first is ready again, the move included. Among equals the tooth with most work left goes
    first, then the lower FDI number, so the same jobs always give the same timeline.

    Returns
    -------
    tuple of Step
        In order of time; cooling steps overlap the device's other work.
    """
    chains = [_chain(profile, job) for job in sorted(jobs, key=lambda j: j.fdi)]
    steps: list[Step] = []
    now_s, at_fdi = 0.0, None
    while waiting := [c for c in chains if c.done < len(c.tasks)]:
        starts = {
            c.fdi: max(now_s + (profile.value("move_s") if at_fdi not in (None, c.fdi) else 0.0), c.ready_s)
            for c in waiting
        }
        # `at_fdi` binds late on purpose: the choice is made with the device's present place
        chain = min(waiting, key=lambda c: (starts[c.fdi], c.fdi != at_fdi, -c.left_s, c.fdi))
        now_s, at_fdi = _serve(profile, chain, starts[chain.fdi], steps), chain.fdi
    return tuple(sorted(steps, key=lambda s: (s.start_s, s.end_s, s.fdi or 0)))


def _chain(profile: Profile, job: Job) -> _Chain:
    first = (
        ("isolate", profile.value("isolate_s"), -1),
        ("remove", job.removal_s, -1),
        ("prepare", profile.value("prepare_s"), -1),
    )
    last = (("finish", profile.value("finish_s"), -1), ("check", profile.value("check_s"), -1))
    layers = [(("deposit", t.deposit_s, k), ("cure", t.cure_s, k)) for k, t in enumerate(job.layers)]
    return _Chain(job.fdi, [first, *layers, last], [0.0, *(t.cool_s for t in job.layers), 0.0])


def _serve(profile: Profile, chain: _Chain, start_s: float, steps: list[Step]) -> float:
    now_s = start_s
    for phase, duration_s, layer in chain.tasks[chain.done]:
        if duration_s > 0:
            steps.append(_step(profile, chain.fdi, phase, start_s=now_s, duration_s=duration_s, layer=layer))
            now_s += duration_s
    cool_s = chain.cool_s[chain.done]
    if cool_s > 0:
        layer = chain.tasks[chain.done][-1][2]
        steps.append(_step(profile, chain.fdi, "cool", start_s=now_s, duration_s=cool_s, layer=layer))
    chain.ready_s = now_s + cool_s
    chain.done += 1
    return now_s


def _step(profile: Profile, fdi: int, phase: str, *, start_s: float, duration_s: float, layer: int) -> Step:
    words = {
        "isolate": "keep saliva away",
        "remove": "take away what is in the way of new material",
        "prepare": "clean and condition the surface",
        "deposit": f"lay layer {layer + 1}: {profile.material}",
        "cure": f"set layer {layer + 1}",
        "cool": f"let layer {layer + 1} cool",
        "finish": "trim and polish",
        "check": "rescan and check the bite",
    }
    return Step.model_validate(
        {
            "start_s": round(start_s, 3),
            "end_s": round(start_s + duration_s, 3),
            "fdi": fdi,
            "phase": phase,
            "device": "" if phase == "cool" else profile.device,
            "detail": words[phase],
            "layer": layer if layer >= 0 else None,
        }
    )
