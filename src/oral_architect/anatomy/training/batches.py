"""Join looks at several samples into one graph of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .samples import Sample, trial_pose


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
