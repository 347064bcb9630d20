"""The anatomy stage gives one patient frame, measured teeth and a bite, or says why not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from oral_architect.anatomy import AnatomySettings, Landscape, run
from oral_architect.errors import InputError, NotAnArchError
from oral_architect.geometry import Mesh
from oral_architect.scan.document import Scan, ScanQuality
from oral_architect.teeth.fdi import Jaw
from small_patient import agreement, patient


def scan_of(mesh: Mesh, name: str) -> Scan:
    quality = ScanQuality(
        input_vertices=len(mesh.vertices), input_faces=len(mesh.faces), vertices=len(mesh.vertices),
        faces=len(mesh.faces), area_mm2=mesh.area_mm2, mean_edge_mm=0.5, boundary_loops=1, components=1,
        extent_mm=(60, 50, 20),
    )  # fmt: skip
    return Scan(
        name=name, source=name, format="stl", unit="mm", unit_reason="said", scale_to_mm=1, repairs=(),
        quality=quality, shapes={"surface": mesh},
        arrays={"input_vertex": np.arange(len(mesh.vertices), dtype=np.int32)},
    )  # fmt: skip


def scan(jaw: Jaw) -> Scan:
    return scan_of(patient().shapes[f"{jaw}_scan"], jaw)


@cache
def landscape() -> Landscape:
    """Lower given first: the order is no promise of the user."""
    return run((scan("lower"), scan("upper")), AnatomySettings())


def test_both_jaws_are_found_and_labelled() -> None:
    assert [a.jaw for a in landscape().arches] == ["lower", "upper"]
    for arch in landscape().arches:
        assert agreement(landscape().arrays[f"labels_{arch.jaw}"], arch.jaw) >= 0.93
        assert len(landscape().shapes[arch.jaw].vertices) == len(landscape().arrays[f"labels_{arch.jaw}"])
        assert arch.missing == ()


def test_every_tooth_is_measured_where_it_is() -> None:
    to_scan = np.array(patient().to_scan)
    for arch in landscape().arches:
        to_patient = np.array(arch.to_patient) @ to_scan
        for fdi in arch.teeth:
            if fdi == 21:  # its margin is lost, see the test of the margins
                continue
            found, truth = landscape().tooth(fdi), patient().tooth(fdi)
            place = to_patient[:3, :3] @ np.array(truth.centroid_mm) + to_patient[:3, 3]
            assert np.linalg.norm(place - found.centroid_mm) < 2.0, fdi
            occlusal = to_patient[:3, :3] @ np.array(truth.axes[2])
            assert np.degrees(np.arccos(np.clip(occlusal @ found.axes[2], -1, 1))) < 20, fdi
            np.testing.assert_allclose(np.array(found.axes) @ np.array(found.axes).T, np.eye(3), atol=1e-6)
            assert 3 < found.width_md_mm < 14
            assert len(landscape().crown(fdi).faces) > 20


def test_every_margin_goes_around_its_tooth() -> None:
    for tooth in landscape().teeth:
        margin = landscape().arrays[f"margin_{tooth.fdi}"]
        around = np.linalg.norm(margin - np.roll(margin, 1, axis=0), axis=1).sum()
        assert around > 2 * tooth.width_md_mm, tooth.fdi


def test_the_frame_is_the_patients() -> None:
    for arch in landscape().arches:
        occlusal = np.mean([landscape().tooth(t).axes[2] for t in arch.teeth], axis=0)
        assert occlusal[2] * (-1 if arch.jaw == "upper" else 1) > 0.7
    for right, left in ((16, 26), (46, 36)):
        assert landscape().tooth(right).centroid_mm[0] < landscape().tooth(left).centroid_mm[0], "+x is left"
        assert landscape().tooth(right).centroid_mm[1] > landscape().tooth(11).centroid_mm[1], "+y is posterior"


def test_scans_that_come_in_bite_are_left_in_it() -> None:
    bite = landscape().bite
    assert bite is not None
    assert bite.contacts
    upper, lower = (np.array(next(a for a in landscape().arches if a.jaw == j).to_patient) for j in ("upper", "lower"))
    between = lower @ np.linalg.inv(upper)
    centre = np.array([*np.mean(landscape().shapes["lower"].vertices, axis=0), 1])
    assert np.linalg.norm((between @ centre - centre)[:3]) < 0.5, "both arches moved alike"


def test_two_scans_of_one_jaw_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="both scans look like upper arches") as raised:
        run((scan("upper"), scan_of(patient().shapes["upper_scan"], "again")))
    assert raised.value.where == "upper and again"


def test_no_scan_and_three_scans_are_refused() -> None:
    for count in (0, 3):
        with pytest.raises(InputError, match=f"{count} scans"):
            run((scan("upper"),) * count)


def test_a_scan_without_teeth_is_refused_by_name() -> None:
    x, y = np.meshgrid(np.arange(0, 50.0), np.arange(0, 40.0), indexing="ij")
    n = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (q.ravel() for q in (n[:-1, :-1], n[1:, :-1], n[1:, 1:], n[:-1, 1:]))
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    blanket = Mesh(np.stack([x.ravel(), y.ravel(), 2 * np.sin(x.ravel() / 6)], 1), faces)
    with pytest.raises(NotAnArchError, match="does not look like a dental arch") as raised:
        run((scan_of(blanket, "blanket"),))
    assert raised.value.where == "blanket"
