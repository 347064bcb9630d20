"""What a proposal is, and how proposals are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import Settings
from oral_architect.geometry import Mask, Mesh

ProposalName = Literal["inferred", "mirror", "library", "copy", "smooth"]


class ProposalSettings(Settings):
    """How the form of a tooth is inferred.

    Nothing is drawn at random; the same input gives the same forms.
    """

    reach: int = 2
    """Standing teeth so many places to either side are asked."""
    leave_out: tuple[int, ...] = ()
    """Teeth that must not speak for this one, for they are harmed themselves."""
    copy_of: int | None = None
    """The tooth a copy is made of; one of the same kind beside it when left out."""
    use_twin: bool = True
    use_neighbours: bool = True
    """Whether neighbours give size and contacts; place they always give."""
    use_antagonist: bool = True
    use_line: bool = True
    """Whether the finish line is heard."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """One outer form for a tooth.

    Parameters
    ----------
    name
        ``inferred``, ``mirror``, ``library``, ``copy`` or ``smooth``.
    outer
        Closed crown, patient frame, mm, in the point order of a crown model; its base lies below the finish line.
    closed
        ``(n,) bool``: points that stand for no tooth surface (the base).
    why
        Sentences: what spoke for this form.
    differs
        One sentence: what differs from the first proposal; empty for the first.
    sd_mm
        ``(n,) float, mm``: standard deviation of the surface along its normal; ``None`` where nothing is known of it.
    """

    name: ProposalName
    outer: Mesh
    closed: Mask
    why: tuple[str, ...]
    differs: str
    sd_mm: NDArray[np.float64] | None
