"""Two arch scans brought into bite: what the command ``articulate`` does, for any program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from oral_architect.anatomy.bite.articulator import ArticulatorSettings
    from oral_architect.anatomy.bite.excursions import Excursion, InBite
    from oral_architect.anatomy.document import Bite, Landscape
    from oral_architect.scan.document import Scan


@dataclass(frozen=True, eq=False)
class Articulated:
    """Two arches in bite.

    Parameters
    ----------
    upper, lower
        The scans as read.
    landscape
        Both arches in one patient frame, in bite.
    bite
        The bite.
    excursions
        What was asked for.
    remarks
        How the bite was found, where there is more to say.
    """

    upper: Scan
    lower: Scan
    landscape: Landscape
    bite: Bite
    excursions: tuple[Excursion, ...] = ()
    remarks: tuple[str, ...] = ()

    def matrix(self) -> NDArray[np.float64]:
        """Return the ``(4, 4)`` motion of the lower file into bite with the upper file, both in mm."""
        frames = {a.jaw: np.array(a.to_patient) for a in self.landscape.arches}
        return np.asarray(np.linalg.inv(frames["upper"]) @ frames["lower"])

    def as_dict(self) -> dict[str, Any]:
        """Return the form of ``bite.json``."""
        to_upper = np.linalg.inv(np.array(next(a for a in self.landscape.arches if a.jaw == "upper").to_patient))
        bite = self.bite
        return {
            "matrix": self.matrix().tolist(),
            "unit": "mm",
            "files": {"upper": _told(self.upper), "lower": _told(self.lower)},
            "given": bite.given,
            "contacts": [_placed(c.model_dump(mode="json"), to_upper) for c in bite.contacts],
            "max_penetration_mm": bite.max_penetration_mm,
            "ambiguous": bite.ambiguous,
            "note": bite.note,
            "reasons": [*bite.reasons, *self.remarks],
            "sagittal_mm": bite.sagittal_mm,
            "rivals": [self._rival(r.model_dump(mode="json")) for r in bite.rivals],
            "excursions": [e.model_dump(mode="json") for e in self.excursions],
        }

    def _rival(self, rival: dict[str, Any]) -> dict[str, Any]:
        """A rival in the files' frames: what takes the lower file into that bite."""
        frames = {a.jaw: np.array(a.to_patient) for a in self.landscape.arches}
        alone = np.linalg.inv(np.array(self.bite.lower_moved)) @ frames["lower"]
        moved = np.array(rival.pop("lower_moved"))
        return {"matrix": (np.linalg.inv(frames["upper"]) @ moved @ alone).tolist(), **rival}


def bring_together(
    upper: Path,
    lower: Path,
    *,
    bite_scan: Path | None = None,
    protrude_mm: float = 0.0,
    aside_mm: float = 0.0,
    articulator: ArticulatorSettings | None = None,
) -> Articulated:
    """Bring two scans into bite.

    Parameters
    ----------
    upper, lower
        The scan files; which is which is found from the teeth.
    bite_scan
        A buccal or wax-rim scan that shows teeth of both jaws in bite.
    protrude_mm, aside_mm
        How far the condyles go forward and to either side to look for guidance and interferences; 0 leaves it out.
    articulator
        Own values of the articulator.

    Raises
    ------
    ScanError
        When a file cannot be used.
    NotAnArchError
        When a file shows no teeth.
    InputError
        When both scans show the same jaw.
    StageError
        When no bite can be found, or the bite scan fits nowhere.
    """
    from oral_architect import anatomy, scan

    read = {path: scan.run(path, scan.ScanSettings()) for path in (upper, lower)}
    landscape = anatomy.run([read[upper], read[lower]], anatomy.AnatomySettings())
    # the first arch of the landscape is the first scan
    order = {arch.jaw: path for arch, path in zip(landscape.arches, (upper, lower), strict=True)}
    remarks: tuple[str, ...] = ()
    if order["upper"] != upper:
        remarks = (f"{upper.name} shows the lower arch and {lower.name} the upper one; they were taken so",)
    if bite_scan is not None:
        landscape, words = _by_bite_scan(landscape, bite_scan, read[order["upper"]].source)
        remarks += (words,)
    if landscape.bite is None:  # two arches always have one
        raise AssertionError("two arches without a bite")
    return Articulated(
        upper=read[order["upper"]],
        lower=read[order["lower"]],
        landscape=landscape,
        bite=landscape.bite,
        excursions=_excursions(landscape, protrude_mm, aside_mm, articulator),
        remarks=remarks,
    )


def in_bite(landscape: Landscape) -> InBite:
    """Return the two labelled arches of a landscape."""
    from oral_architect.anatomy.bite.excursions import InBite

    shapes, arrays = landscape.shapes, landscape.arrays
    return InBite(shapes["upper"], arrays["labels_upper"], shapes["lower"], arrays["labels_lower"])


def _by_bite_scan(landscape: Landscape, path: Path, upper_file: str) -> tuple[Landscape, str]:
    from oral_architect import scan
    from oral_architect.anatomy.bite.articulate import judge
    from oral_architect.anatomy.bite.bite_scan import register_bite_scan
    from oral_architect.anatomy.bite.contact_map import occlusal_distance
    from oral_architect.case import matrix4

    shown = scan.run(path, scan.ScanSettings(check_plausible=False)).surface
    frames = {a.jaw: np.array(a.to_patient) for a in landscape.arches}
    arches = in_bite(landscape)
    found = register_bite_scan(shown, arches.upper, arches.lower, np.eye(4), as_given=frames["upper"])
    before = _before(landscape)
    alone: NDArray[np.float64] = np.asarray(np.linalg.inv(before), dtype=np.float64)
    bite = judge(
        arches.upper,
        arches.lower.transformed(alone),
        arches.upper_labels,
        arches.lower_labels,
        found.lower_moved @ before,
    )
    lower = next(a for a in landscape.arches if a.jaw == "lower")
    settled = lower.model_copy(update={"to_patient": matrix4(found.lower_moved @ frames["lower"])})
    placed = arches.lower.transformed(found.lower_moved)
    distances = {
        "occlusal_distance_upper": occlusal_distance(arches.upper, placed),
        "occlusal_distance_lower": occlusal_distance(placed, arches.upper),
    }
    moved = landscape.model_copy(
        update={
            "arches": tuple(settled if a.jaw == "lower" else a for a in landscape.arches),
            "bite": bite,
            "shapes": landscape.shapes | {"lower": placed},
            "arrays": landscape.arrays | distances,
        }
    )
    words = (
        f"the bite is that of {path.name}, which lies {found.upper_rms_mm:.2f} mm from the upper and "
        f"{found.lower_rms_mm:.2f} mm from the lower arch"
    )
    return moved, words


def _before(landscape: Landscape) -> NDArray[np.float64]:
    return np.eye(4) if landscape.bite is None else np.array(landscape.bite.lower_moved, dtype=np.float64)


def _excursions(
    landscape: Landscape, protrude_mm: float, aside_mm: float, settings: ArticulatorSettings | None
) -> tuple[Excursion, ...]:
    if not protrude_mm and not aside_mm:
        return ()
    from oral_architect.anatomy.bite.articulator import mount
    from oral_architect.anatomy.bite.excursions import glide, incisal_point

    arches = in_bite(landscape)
    mounted = mount(incisal_point(arches), settings)
    result = [glide(mounted, arches, "protrusion", protrude_mm)] if protrude_mm else []
    if aside_mm:
        result += [glide(mounted, arches, "left", aside_mm), glide(mounted, arches, "right", aside_mm)]
    return tuple(result)


def _told(scan: Scan) -> dict[str, Any]:
    return {"file": scan.source, "unit": scan.unit, "scale_to_mm": scan.scale_to_mm}


def _placed(contact: dict[str, Any], to_upper: NDArray[np.float64]) -> dict[str, Any]:
    """A contact with its place in the upper file's frame."""
    at = to_upper[:3, :3] @ np.array(contact["at_mm"]) + to_upper[:3, 3]
    return contact | {"at_mm": at.tolist()}
