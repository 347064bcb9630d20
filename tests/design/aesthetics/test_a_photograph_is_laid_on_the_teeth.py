"""A photograph is laid on the teeth by picked points, gives the lips' measures in mm, and is refused when it lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oral_architect.anatomy.document import Landscape
from oral_architect.design.aesthetics.assessment import assess
from oral_architect.design.aesthetics.camera import PhotoCamera, find_camera, place_of
from oral_architect.design.aesthetics.frame import smile_frame
from oral_architect.design.aesthetics.observe import Subject
from oral_architect.design.aesthetics.photograph import Photograph, PhotoPoints, Picked, read_photograph
from oral_architect.design.aesthetics.seen import seen_teeth
from oral_architect.errors import InputError
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.geometry.render import Camera, Coloured, View, camera_for, render, save_png

from .mouths import symmetric

Floats = NDArray[np.float64]
TEETH = (13, 12, 11, 21, 22, 23)
SIZE = (800, 500)


@pytest.fixture(scope="module")
def subject() -> Subject:
    teeth, _ = seen_teeth(symmetric(), None)
    return Subject(teeth, smile_frame(teeth))


def taken(subject: Subject, *, turn: tuple[float, float, float], distance_mm: float | None) -> PhotoCamera:
    """A camera turned from straight, so far away."""
    rows = subject.frame.rows
    straight = np.stack([rows[0], -rows[2], rows[1]])
    near = 0.0 if distance_mm is None else 1 / distance_mm
    middle = subject.frame.origin_mm + 3 * rows[2] + 4 * rows[1]
    return PhotoCamera(rotation_from_vector(np.array(turn)) @ straight, middle, np.array([1.0, -2.0]), 12.0, near, SIZE)


def picked(subject: Subject, camera: PhotoCamera, noise_px: float = 0.0, **more: Any) -> Photograph:
    rng = np.random.default_rng(4)
    points = []
    for fdi in TEETH:
        for name in ("tip", "zenith"):
            place = place_of(subject, Picked(tooth=fdi, point=name, px=(0, 0)))
            assert place is not None
            x, y = camera.project(place)[0] + rng.normal(size=2) * noise_px
            points.append(Picked(tooth=fdi, point=name, px=(float(x), float(y))))
    return Photograph(name="smile.jpg", size=SIZE, points=PhotoPoints(points=tuple(points), **more))


def angle_deg(a: Floats, b: Floats) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(a @ b.T) - 1) / 2, -1, 1))))


@pytest.mark.parametrize("distance_mm", [None, 350.0])
def test_the_camera_is_found_again(subject: Subject, distance_mm: float | None) -> None:
    truth = taken(subject, turn=(0.15, -0.2, 0.05), distance_mm=distance_mm)
    camera, fit = find_camera(subject, picked(subject, truth))
    assert angle_deg(camera.rotation, truth.rotation) < 0.3
    assert fit.rms_mm < 0.02
    if distance_mm is not None:
        assert fit.model == "perspective"
        assert fit.distance_mm == pytest.approx(distance_mm, rel=0.1)


def test_a_known_focal_length_fixes_the_distance(subject: Subject) -> None:
    truth = taken(subject, turn=(0.1, 0.1, 0.0), distance_mm=500.0)
    few = picked(subject, truth, focal_px=500 * 12.0)
    few = few.model_copy(update={"points": few.points.model_copy(update={"points": few.points.points[2:8]})})
    _, fit = find_camera(subject, few)
    assert fit.distance_mm == pytest.approx(500, rel=0.02)


def test_a_hand_that_misses_by_two_pixels_still_finds_it(subject: Subject) -> None:
    truth = taken(subject, turn=(0.1, 0.15, -0.03), distance_mm=None)
    camera, fit = find_camera(subject, picked(subject, truth, noise_px=2.0))
    assert angle_deg(camera.rotation, truth.rotation) < 4
    assert 0.05 < fit.rms_mm < 0.4


def test_lips_give_their_measures_in_millimetres(subject: Subject) -> None:
    camera = taken(subject, turn=(0.05, 0.1, 0.02), distance_mm=None)
    zenith, tip = subject.teeth[11].zenith_mm, subject.teeth[11].tip_mm
    assert zenith is not None
    rows = subject.frame.rows
    across = np.linspace(-40, 40, 41)[:, None] * rows[0]
    upper = camera.project(zenith + 2.5 * rows[2] + across)
    lower = camera.project(tip - 4.0 * rows[2] + across)
    lines = {k: tuple((float(x), float(y)) for x, y in v) for k, v in (("upper_lip", upper), ("lower_lip", lower))}
    eyes = camera.project(np.array([-30 * rows[0], 30 * rows[0]]) + 60 * rows[2] + subject.frame.origin_mm)
    middle = camera.project(face(subject))
    more = {
        "pupils": tuple((float(x), float(y)) for x, y in eyes),
        "facial_midline": tuple((float(x), float(y)) for x, y in middle),
    }
    found = assess(symmetric(), photo=picked(subject, camera, **lines, **more))
    said = {(o.name, o.teeth): o for o in found.observations}
    assert said["gingival_display", (11,)].value == pytest.approx(2.5, abs=0.05)
    assert said["gingival_display", (11,)].verdict == "pass"
    shown = said["edge_below_lip", (11,)].value
    assert shown == pytest.approx(2.5 + float((zenith - tip) @ rows[2]), abs=0.1)
    assert said["facial_cant", ()].value == pytest.approx(0, abs=0.3)
    assert said["facial_midline_deviation", (11, 21)].value == pytest.approx(-2.0, abs=0.15)
    assert said["lip_parallelism", ()].value is not None
    assert found.photo is not None
    assert found.photo.points == 12


def test_buccal_corridors_are_what_the_arch_leaves_of_the_mouth(subject: Subject) -> None:
    camera = taken(subject, turn=(0.0, 0.0, 0.0), distance_mm=None)
    rows, origin = subject.frame.rows, subject.frame.origin_mm
    across = np.linspace(-38, 42, 41)[:, None] * rows[0]
    lips = {
        name: tuple((float(x), float(y)) for x, y in camera.project(origin + height * rows[2] + across))
        for name, height in (("upper_lip", 30.0), ("lower_lip", -15.0))
    }
    corridor = assess(symmetric(), photo=picked(subject, camera, **lips)).observation("buccal_corridor")
    assert corridor is not None
    seen = np.concatenate([(s.visible.vertices - origin) @ rows[0] for s in subject.teeth.values()])
    assert corridor.value == pytest.approx(100 * (1 - np.ptp(seen) / 80), abs=0.3)
    assert corridor.verdict == ("pass" if corridor.value <= 16 else "warn")


def face(subject: Subject) -> Floats:
    """Two places on a facial midline that lies 2 mm to the patient's left of the dental one."""
    middle = (subject.teeth[11].tip_mm + subject.teeth[21].tip_mm) / 2 + 2 * subject.frame.rows[0]
    return np.asarray(middle + np.array([[40.0], [-20.0]]) * subject.frame.rows[2])


def test_a_rendered_picture_is_covered_by_the_teeth_laid_on_it(subject: Subject, tmp_path: Path) -> None:
    landscape = symmetric()
    seen = rendered(landscape, tmp_path / "smile.png")
    points = [
        {"tooth": f, "point": name, "px": seen.project(place)[0].tolist()}
        for f in TEETH
        for name in ("tip", "zenith")
        if (place := place_of(subject, Picked(tooth=f, point=name, px=(0, 0)))) is not None
    ]
    file = tmp_path / "points.json"
    file.write_text(json.dumps({"points": points}), encoding="utf-8")
    photo = read_photograph(file, tmp_path / "smile.png")
    assert photo.size == seen.size
    camera, fit = find_camera(subject, photo)
    assert fit.px_per_mm == pytest.approx(seen.px_per_mm, rel=0.01)
    tooth = np.asarray(Image.open(tmp_path / "smile.png")).astype(int).sum(axis=2) < 3 * 240
    covered = np.zeros_like(tooth)
    pixels = np.rint(np.concatenate([camera.project(s.view.crown.vertices) for s in subject.teeth.values()])).astype(
        int
    )
    covered[pixels[:, 1], pixels[:, 0]] = True
    assert tooth[covered].mean() > 0.97


def rendered(landscape: Landscape, path: Path) -> Camera:
    """A picture of the arch from the front, a little from the side, and the camera it was taken with."""
    parts = [Coloured(landscape.shapes["upper"], (0.7, 0.6, 0.5))]
    camera = camera_for(parts, View((-0.2, 1.0, 0.1), (0, 0, 1)), (600, 300))
    save_png(render(parts, camera=camera, background=(1, 1, 1), samples=1, occlusion_rays=0), path)
    return camera


def test_a_mirrored_selfie_is_recognised(subject: Subject) -> None:
    photo = picked(subject, taken(subject, turn=(0.0, 0.3, 0.1), distance_mm=None))
    flipped = tuple(p.model_copy(update={"px": (SIZE[0] - p.px[0], p.px[1])}) for p in photo.points.points)
    # on a symmetric arch a mirror image is another mouth's: number it as the picture shows it
    mirrored = photo.model_copy(update={"points": photo.points.model_copy(update={"points": flipped})})
    with pytest.raises(InputError, match="do not fit") as refused:
        find_camera(subject, mirrored)
    assert "mirrored" in refused.value.todo


def test_points_of_another_mouth_are_refused_with_the_worst_named(subject: Subject) -> None:
    photo = picked(subject, taken(subject, turn=(0, 0, 0), distance_mm=None))
    shuffled = list(photo.points.points)
    shuffled[0] = shuffled[0].model_copy(update={"px": (700.0, 50.0)})
    wrong = photo.model_copy(update={"points": photo.points.model_copy(update={"points": tuple(shuffled)})})
    with pytest.raises(InputError, match="tip of 13") as refused:
        find_camera(subject, wrong)
    assert refused.value.todo


@pytest.mark.parametrize(("count", "said"), [(3, "3 points cannot tell"), (0, "0 points cannot tell")])
def test_too_few_points_are_refused(subject: Subject, count: int, said: str) -> None:
    photo = picked(subject, taken(subject, turn=(0, 0, 0), distance_mm=None))
    few = photo.points.model_copy(update={"points": photo.points.points[:count]})
    with pytest.raises(InputError, match=said) as refused:
        find_camera(subject, photo.model_copy(update={"points": few}))
    assert "at least 4" in refused.value.todo


def test_points_on_one_line_are_refused(subject: Subject) -> None:
    photo = picked(subject, taken(subject, turn=(0, 0, 0), distance_mm=None))
    line = tuple(p.model_copy(update={"px": (100.0 + 40 * i, 200.0)}) for i, p in enumerate(photo.points.points))
    with pytest.raises(InputError, match="one line"):
        find_camera(subject, photo.model_copy(update={"points": photo.points.model_copy(update={"points": line})}))


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("{", "no JSON"),
        ('{"points": [{"tooth": 11, "point": "nose", "px": [1, 2]}]}', "points.0.point"),
        ('{"points": [{"tooth": 99, "point": "tip", "px": [1, 2]}]}', "99 is not"),
        ('{"points": [], "size": [10, 10], "eyes": 2}', "eyes"),
        ('{"points": []}', "size of the picture"),
        ('{"points": [{"tooth": 11, "point": "tip", "px": [11, 2]}], "size": [10, 10]}', "outside the picture"),
        ('{"points": [{"tooth": 11, "point": "tip", "px": [1, NaN]}], "size": [10, 10]}', "px"),
        ('{"points": [], "size": [10, 10], "pupils": [[1, 1], [1, 1]]}', "both places are the same"),
    ],
)
def test_a_points_file_that_cannot_be_used_is_refused_in_words(tmp_path: Path, plain: str, said: str) -> None:
    path = tmp_path / "points.json"
    path.write_text(plain, encoding="utf-8")
    with pytest.raises(InputError, match=said) as refused:
        read_photograph(path)
    assert refused.value.todo


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    points, picture = tmp_path / "points.json", tmp_path / "smile.jpg"
    points.write_text('{"points": []}', encoding="utf-8")
    picture.write_bytes(b"not a picture")
    with pytest.raises(InputError, match="no picture"):
        read_photograph(points, picture)
    with pytest.raises(InputError):
        read_photograph(points, tmp_path / "nowhere.jpg")
    with pytest.raises(InputError):
        read_photograph(tmp_path / "nowhere.json")


def test_a_photograph_stored_lying_down_counts_as_it_is_shown(tmp_path: Path) -> None:
    points, picture = tmp_path / "points.json", tmp_path / "smile.jpg"
    points.write_text('{"points": []}', encoding="utf-8")
    image = Image.new("RGB", (40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(picture, exif=exif)
    assert read_photograph(points, picture).size == (20, 40)
