"""Labelled scans are read in every form they come in, and what is wrong with one is said with its file and field."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from oral_architect.anatomy.training.labelled import find_labelled, read_labelled
from oral_architect.anatomy.training.scores import vertex_labels
from oral_architect.errors import InputError
from oral_architect.geometry.ply import write_ply

from ..model_arch import ModelArch, model_arch
from .folders import write_labelled_ply, write_obj, write_pair


@pytest.fixture(scope="module")
def upper() -> ModelArch:
    return model_arch("upper", (13, 12, 11, 21, 22, 23))


def test_a_ply_with_fdi_of_faces(upper: ModelArch, tmp_path: Path) -> None:
    found = read_labelled(write_labelled_ply(tmp_path / "017_upper.ply", upper))
    assert (found.name, found.patient, found.jaw) == ("017_upper", "017", "upper")
    assert found.teeth == (11, 12, 13, 21, 22, 23)
    np.testing.assert_array_equal(found.labels, vertex_labels(found.mesh.faces, found.truth, len(found.labels))[0])


def test_a_ply_with_fdi_of_vertices(upper: ModelArch, tmp_path: Path) -> None:
    write_ply(tmp_path / "scan.ply", upper.mesh, vertex={"fdi": upper.labels})
    found = read_labelled(tmp_path / "scan.ply")
    np.testing.assert_array_equal(found.labels, upper.labels)
    assert found.patient == "scan"


def test_an_ascii_ply(tmp_path: Path) -> None:
    head = "ply\nformat ascii 1.0\nelement vertex 4\n" + "".join(f"property float {a}\n" for a in "xyz")
    head += "element face 2\nproperty list uchar int vertex_indices\nproperty int fdi\nend_header\n"
    body = "0 0 0\n20 0 0\n20 20 0\n0 20 0\n3 0 1 2 31\n3 0 2 3 0\n"
    (tmp_path / "a.ply").write_text(head + body)
    found = read_labelled(tmp_path / "a.ply")
    assert found.truth.tolist() == [31, 0]
    assert found.labels.tolist() == [0, 31, 0, 0], "a tie goes to gingiva"
    assert found.jaw == "lower"


@pytest.mark.parametrize("folder", ["", "data_part_1/upper/0AAQ6BO3"], ids=["flat", "nested"])
def test_pairs_of_3dteethseg(upper: ModelArch, tmp_path: Path, folder: str) -> None:
    path = write_pair(tmp_path / folder / "0AAQ6BO3_upper.obj", upper)
    assert find_labelled(tmp_path) == [path]
    found = read_labelled(path)
    np.testing.assert_array_equal(found.labels, upper.labels)
    np.testing.assert_allclose(found.mesh.vertices, upper.mesh.vertices, atol=1e-5)
    assert (found.patient, found.jaw) == ("0AAQ6BO3", "upper")


def test_milk_teeth_and_teeth_too_many_are_numbers_too(upper: ModelArch, tmp_path: Path) -> None:
    labels = np.select([upper.labels == 13, upper.labels == 21], [53, 19], upper.labels).tolist()
    assert read_labelled(write_pair(tmp_path / "a_upper.obj", upper, labels=labels)).teeth == (11, 12, 19, 22, 23, 53)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"labels": [11, 12]}, ["a_upper.json", "2 entries", "vertices"]),
        ({"labels": None}, ["a_upper.json", "no list 'labels'"]),
        ({"jaw": "left"}, ["a_upper.json", "field 'jaw'", "'left'"]),
        ({"jaw": "lower"}, ["a_upper.obj", "said to be lower", "upper"]),
    ],
)
def test_a_wrong_field_is_named(upper: ModelArch, tmp_path: Path, fields: dict[str, object], said: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_labelled(write_pair(tmp_path / "a_upper.obj", upper, **fields))
    assert all(words in str(caught.value) for words in said)
    assert caught.value.todo


def test_a_number_that_is_no_tooth_is_named_with_its_vertex(upper: ModelArch, tmp_path: Path) -> None:
    labels = upper.labels.tolist()
    labels[7] = 77
    with pytest.raises(InputError, match="label 77 of vertex 7 is no tooth number"):
        read_labelled(write_pair(tmp_path / "a_upper.obj", upper, labels=labels))
    labels[7] = 1.5
    with pytest.raises(InputError, match=r"field 'labels' holds 1\.5 at entry 7"):
        read_labelled(write_pair(tmp_path / "a_upper.obj", upper, labels=labels))


def test_both_jaws_in_one_file_are_refused(upper: ModelArch, tmp_path: Path) -> None:
    labels = np.where(upper.labels == 13, 43, upper.labels).tolist()
    with pytest.raises(InputError, match="teeth of both jaws"):
        read_labelled(write_pair(tmp_path / "a_upper.obj", upper, labels=labels))


def test_broken_json_is_named_with_its_line(upper: ModelArch, tmp_path: Path) -> None:
    path = write_pair(tmp_path / "a_upper.obj", upper)
    path.with_suffix(".json").write_text('{"jaw": "upper",\n"labels": [1, 2')
    with pytest.raises(InputError, match=r"a_upper\.json.*line 2"):
        read_labelled(path)


def test_a_scan_in_metres_is_refused(upper: ModelArch, tmp_path: Path) -> None:
    write_ply(
        tmp_path / "a.ply", type(upper.mesh)(upper.mesh.vertices / 1000, upper.mesh.faces), vertex={"fdi": upper.labels}
    )
    with pytest.raises(InputError, match="millimetres"):
        read_labelled(tmp_path / "a.ply")


def test_a_ply_without_labels_is_refused(upper: ModelArch, tmp_path: Path) -> None:
    write_ply(tmp_path / "a.ply", upper.mesh)
    with pytest.raises(InputError, match="property 'fdi'"):
        read_labelled(tmp_path / "a.ply")


def test_a_folder_without_labelled_scans_says_what_it_saw(upper: ModelArch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_labelled(tmp_path / "none")
    write_obj(tmp_path / "a.obj", upper.mesh)
    with pytest.raises(InputError, match=r"1 \.obj without a \.json"):
        find_labelled(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps({}))
    assert find_labelled(tmp_path) == [tmp_path / "a.obj"]
