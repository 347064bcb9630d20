"""What only a photograph shows: gingiva under the lip, the corners of the mouth, the lower lip's curve, the face."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oral_architect.teeth.fdi import jaw_of

from .camera import PhotoCamera
from .document import Observation
from .observe import FRONT, Subject, observe
from .photograph import PhotoPoints

Floats = NDArray[np.float64]
_REACH_MM = 20.0
_STEP_MM = 0.02


def on_the_photograph(subject: Subject, camera: PhotoCamera, picked: PhotoPoints) -> Iterator[Observation]:
    """Measure what the picked lips and face allow."""
    upper = None if picked.upper_lip is None else _sorted(np.array(picked.upper_lip))
    lower = None if picked.lower_lip is None else _sorted(np.array(picked.lower_lip))
    if upper is not None:
        yield from _under_the_lip(subject, camera, upper)
    if lower is not None:
        yield from _above_the_lip(subject, camera, lower)
    if upper is not None and lower is not None:
        yield from _corridors(subject, camera, upper, lower)
    yield from _in_the_face(subject, camera, picked)


def _sorted(line: Floats) -> Floats:
    return line[np.argsort(line[:, 0], kind="stable")]


def _to_the_lip(start: Floats, way: Floats, camera: PhotoCamera, lip: Floats) -> float | None:
    """How far along a direction of the patient frame, mm, a point comes to lie on a lip line of the photograph."""
    along = np.arange(-_REACH_MM, _REACH_MM + _STEP_MM / 2, _STEP_MM)
    seen = camera.project(start + along[:, None] * way)
    below = seen[:, 1] - np.interp(seen[:, 0], lip[:, 0], lip[:, 1], left=np.nan, right=np.nan)
    crossing = np.flatnonzero((below[:-1] > 0) != (below[1:] > 0))
    crossing = crossing[np.isfinite(below[crossing]) & np.isfinite(below[crossing + 1])]
    if len(crossing) == 0:
        return None
    i = crossing[np.abs(along[crossing]).argmin()]
    return float(along[i] + _STEP_MM * below[i] / (below[i] - below[i + 1]))


def _under_the_lip(subject: Subject, camera: PhotoCamera, lip: Floats) -> Iterator[Observation]:
    up = subject.frame.rows[2]
    for fdi in (11, 21):
        tooth = subject.teeth.get(fdi)
        if tooth is None:
            continue
        if tooth.zenith_mm is not None:
            value = _to_the_lip(tooth.zenith_mm, up, camera, lip)
            note = "negative: the lip covers so much of the tooth; at the depth of the tooth"
            words = f"gingiva shown above {fdi}"
            yield observe("gingival_display", words, value, "mm", teeth=(fdi,), at=tooth.zenith_mm, note=note)
        shown = _to_the_lip(tooth.tip_mm, up, camera, lip)
        yield observe(
            "edge_below_lip", f"edge of {fdi} below the upper lip", shown, "mm", teeth=(fdi,), at=tooth.tip_mm
        )


def _above_the_lip(subject: Subject, camera: PhotoCamera, lip: Floats) -> Iterator[Observation]:
    teeth = subject.front()
    down = -subject.frame.rows[2]
    gaps = [_to_the_lip(s.tip_mm, down, camera, lip) for s in teeth]
    known = np.array([g for g in gaps if g is not None])
    if len(known) < 4:
        return
    note = f"standard deviation of the distance from {len(known)} edges to the lip, {known.mean():.1f} mm on average"
    at = teeth[int(np.nanargmax(np.abs(np.array([np.nan if g is None else g for g in gaps]) - known.mean())))].tip_mm
    words = "incisal line from parallel to the lower lip"
    yield observe("lip_parallelism", words, float(known.std()), "mm", at=at, note=note)


def _corridors(subject: Subject, camera: PhotoCamera, upper: Floats, lower: Floats) -> Iterator[Observation]:
    """The dark between the teeth and the corners of the mouth, as a share of the smile's width."""
    from skimage.measure import points_in_poly

    polygon = np.concatenate([upper, lower[::-1]])
    corners = polygon[polygon[:, 0].argmin()], polygon[polygon[:, 0].argmax()]
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    if wide < 1:
        return
    across = (corners[1] - corners[0]) / wide
    seen, places = [], []
    for fdi, tooth in subject.teeth.items():
        if jaw_of(fdi) == "upper":
            pixels = camera.project(tooth.visible.vertices)
            inside = np.asarray(points_in_poly(pixels, polygon))  # type: ignore[no-untyped-call]
            seen.append((pixels[inside] - corners[0]) @ across)
            places.append(tooth.visible.vertices[inside])
    reach = np.concatenate(seen) if seen else np.empty(0)
    if len(reach) == 0:
        return
    place = np.concatenate(places)
    right, left = float(reach.min()), wide - float(reach.max())
    at = place[int(reach.argmin() if right > left else reach.argmax())]
    note = (
        f"right {100 * right / wide:.1f} %, left {100 * left / wide:.1f} % of the width between the corners of the "
        "mouth; the source prints its limits in mm, they are taken as percent"
    )
    yield observe("buccal_corridor", "buccal corridors", 100 * (right + left) / wide, "%", at=at, note=note)


def _in_the_face(subject: Subject, camera: PhotoCamera, picked: PhotoPoints) -> Iterator[Observation]:
    if picked.facial_midline is not None and {11, 21} <= set(subject.teeth):
        top, bottom = (np.array(p) for p in sorted(picked.facial_midline, key=lambda p: p[1]))
        middle = np.asarray((subject.teeth[11].tip_mm + subject.teeth[21].tip_mm) / 2)
        down = (bottom - top) / np.linalg.norm(bottom - top)
        off = camera.project(middle)[0] - top
        value = float(off[0] * down[1] - off[1] * down[0]) / camera.px_per_mm
        note = "against the picked facial midline, half-way between both edges. Positive: to the patient's left"
        words = "deviation of the dental midline from the face"
        yield observe("facial_midline_deviation", words, value, "mm", teeth=(11, 21), at=middle, note=note)
    tips = np.array([subject.teeth[f].tip_mm for f in FRONT if f in subject.teeth])
    if picked.pupils is not None and len(tips) >= 2:
        seen = camera.project(tips)
        slope = np.polyfit(seen[:, 0], seen[:, 1], 1)[0]
        eyes = np.array(picked.pupils[1]) - np.array(picked.pupils[0])
        value = float(np.degrees(np.arctan2(eyes[1], eyes[0]) - np.arctan(slope)))
        note = "against the line of the pupils. Positive: higher on the patient's left"
        yield observe("facial_cant", "cant of the incisal line in the face", value, "deg", at=tips[-1], note=note)
