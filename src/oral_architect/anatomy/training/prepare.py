"""Turn the scans of a data set into training samples, once; they are kept beside the training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from oral_architect.anatomy.reading.graph import FEATURES
from oral_architect.anatomy.reading.refine import remove_islands

from .dataset import Member
from .samples import Sample, load_sample, make_sample, save_sample

FORM = 2
"""Goes up when samples are made differently, so that kept ones are made again."""


def samples_of(
    members: Sequence[Member], folder: Path, tell: Callable[[float, str], None] = lambda _share, _name: None
) -> list[tuple[Sample, Sample]]:
    """Return the two samplings of each scan, from the folder where it is there already.

    Parameters
    ----------
    members
        Labelled scans.
    folder
        Samples are kept here under the digest of the scan.
    tell
        Hears the share that is done and what comes next.
    """
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for k, member in enumerate(members):
        tell(k / len(members), member.arch.name)
        both = []
        for aside in (False, True):
            path = folder / f"{member.digest[:24]}-{FORM}-{FEATURES}{'b' if aside else 'a'}.npz"
            if not path.exists():
                save_sample(_sample(member, aside=aside), path)
            both.append(load_sample(path))
        samples.append((both[0], both[1]))
    return samples


def _sample(member: Member, *, aside: bool) -> Sample:
    """Sample a scan upright and at full density; specks of labels are not worth learning."""
    arch = member.arch
    mesh = arch.mesh.transformed(member.upright.to_patient)
    labels = remove_islands(mesh, arch.labels.astype(np.int16))
    return make_sample(mesh, labels, arch.jaw == "upper", np.random.default_rng(0), (1.0, 1.0), aside=aside)
