"""Width and length of each upper front tooth as clinically visible."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .document import Observation
from .observe import PLACES, Subject, observe
from .seen import Seen


def width_mm(tooth: Seen) -> float:
    """Return the greatest mesiodistal extent of the visible crown, along its own mesial axis."""
    low, high = tooth.extent(tooth.view.axes[0])
    return high - low


def length_mm(tooth: Seen) -> float | None:
    """Return the clinical crown length, ``None`` where the buccal margin is out of sight.

    From the gingival zenith to the incisal edge (its lowest place there, the canine's tip), along the tooth's own
    occlusal axis.
    """
    if tooth.zenith_mm is None:
        return None
    top = tooth.tip_mm if tooth.edge_mm is None else tooth.edge_mm[(tooth.edge_mm @ tooth.view.axes[2]).argmax()]
    return float((top - tooth.zenith_mm) @ tooth.view.axes[2])


def dimensions(subject: Subject) -> Iterator[Observation]:
    """Measure width, length and their ratio of every upper incisor and canine."""
    for tooth in subject.front():
        site, at = str(tooth.fdi % 10), tooth.tip_mm
        place = f"{tooth.fdi} {PLACES[tooth.fdi % 10]}"
        wide, long = width_mm(tooth), length_mm(tooth)
        middle = at if tooth.zenith_mm is None else np.asarray((at + tooth.zenith_mm) / 2)
        given = {"site": site, "teeth": (tooth.fdi,)}
        yield observe("clinical_width", f"width of {place}", wide, "mm", at=middle, **given)  # type: ignore[arg-type]
        lost = "" if long is not None else "the buccal gingival margin is out of sight"
        yield observe("clinical_length", f"length of {place}", long, "mm", at=at, note=lost, **given)  # type: ignore[arg-type]
        ratio = None if not long else 100 * wide / long
        yield observe("width_to_length", f"width to length of {place}", ratio, "%", at=middle, note=lost, **given)  # type: ignore[arg-type]
