"""A data set knows which scans are of one mouth, brings any scan upright by its labels, and names doubtful labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oral_architect.anatomy.training.dataset import counts, read_dataset, split_fold, split_share
from oral_architect.anatomy.training.labelled import read_labelled
from oral_architect.anatomy.training.prepare import samples_of
from oral_architect.anatomy.training.upright import stand_upright
from oral_architect.errors import InputError, SettingsError
from oral_architect.geometry import Mesh
from oral_architect.teeth.fdi import Jaw, mirror

from ..model_arch import ModelArch, model_arch
from .folders import turned, write_labelled_ply, write_pair

FEW: dict[Jaw, tuple[int, ...]] = {
    "upper": (16, 15, 13, 12, 11, 21, 22, 23, 26),
    "lower": (46, 45, 43, 42, 41, 31, 32, 33, 36),
}


def crowded(arch: ModelArch, seed: int) -> ModelArch:
    """Move each tooth by a millimetre or so: no two mouths are alike."""
    steps = np.random.default_rng(seed).normal(0, 0.8, (100, 3))
    return replace(arch, mesh=Mesh(arch.mesh.vertices + steps[arch.labels], arch.mesh.faces))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five mouths; that of b is there twice, with another name, pose and slightly other labels."""
    place = tmp_path_factory.mktemp("scans")
    jaws: tuple[Jaw, ...] = ("upper", "lower")
    for k, patient in enumerate("abcde"):
        for jaw in jaws:
            arch = crowded(model_arch(jaw, FEW[jaw], seed=k), k)
            write_labelled_ply(place / f"{patient}_{jaw}.ply", arch, turned(10 * k + len(jaw)))
            if patient == "b" and jaw == "upper":
                write_labelled_ply(place / "exported-again" / "z_upper.ply", arch, turned(99))
    return place


@pytest.mark.parametrize("jaw", ["upper", "lower"])
def test_a_scan_in_any_pose_is_brought_upright_by_its_labels(jaw: Jaw, tmp_path: Path) -> None:
    arch = model_arch(jaw, FEW[jaw])
    straight = stand_upright(read_labelled(write_labelled_ply(tmp_path / "a.ply", arch))).to_patient
    assert np.trace(straight[:3, :3]) > 2.98, "the model arch stands in the patient frame"
    pose = turned(5)
    back = stand_upright(read_labelled(write_labelled_ply(tmp_path / "b.ply", arch, pose)))
    np.testing.assert_allclose(back.to_patient @ pose, straight, atol=1e-6)
    assert not back.sides_swapped


def test_left_and_right_exchanged_is_noticed(tmp_path: Path) -> None:
    arch = model_arch("upper", FEW["upper"])
    swapped = [mirror(int(t)) for t in arch.labels]
    write_pair(tmp_path / "a_upper.obj", arch, labels=swapped)
    (member,) = read_dataset(tmp_path).members
    assert member.doubts == ("left and right seem to be exchanged, or the surface is inside out",)


def test_specks_and_split_numbers_are_counted(tmp_path: Path) -> None:
    arch = model_arch("upper", FEW["upper"])
    labels = arch.labels.copy()
    labels[labels == 15] = 16  # two whole crowns with one number
    face = next(f for f in arch.mesh.faces if (labels[f] == 11).all())
    labels[face] = 23
    write_pair(tmp_path / "a_upper.obj", arch, labels=labels.tolist())
    dataset = read_dataset(tmp_path)
    (doubts,) = counts(dataset)["doubts"].values()
    assert "tooth 16 is in 2 large pieces" in doubts
    assert any("speck" in d for d in doubts)


def test_a_mouth_under_two_names_is_found(folder: Path) -> None:
    dataset = read_dataset(folder)
    told = counts(dataset)
    assert (told["scans"], told["mouths"], told["upper"], told["lower"]) == (11, 5, 6, 5)
    assert told["same_mouth_under_several_names"] == [["b_lower", "b_upper", "z_upper"]]


@pytest.mark.parametrize("seed", range(4))
def test_no_mouth_stands_on_both_sides_of_a_split(folder: Path, seed: int) -> None:
    dataset = read_dataset(folder)
    seen: list[int] = []
    for fold in range(1, 6):
        train, held = split_fold(dataset, fold, 5, seed)
        assert sorted(train + held) == list(range(11))
        assert not {dataset.mouths[i] for i in train} & {dataset.mouths[i] for i in held}
        seen += held
    assert sorted(seen) == list(range(11)), "each scan is held out once"
    train, held = split_share(dataset, 0.2, seed)
    assert len({dataset.mouths[i] for i in held}) == 1
    assert split_share(dataset, 0.0, seed)[1] == []


def test_a_split_that_is_not_possible_is_refused(folder: Path) -> None:
    dataset = read_dataset(folder)
    with pytest.raises(SettingsError, match="fold 6/5"):
        split_fold(dataset, 6, 5, 0)
    with pytest.raises(SettingsError, match="5 mouths cannot be split into 6"):
        split_fold(dataset, 1, 6, 0)
    with pytest.raises(SettingsError, match="leaves none"):
        split_share(dataset, 0.95, 0)


def test_a_scan_that_cannot_be_used_stops_or_is_named(tmp_path: Path) -> None:
    arch = model_arch("upper", FEW["upper"])
    write_pair(tmp_path / "good_upper.obj", arch)
    write_pair(tmp_path / "bad_upper.obj", arch, labels=[11])
    with pytest.raises(InputError, match="bad_upper"):
        read_dataset(tmp_path)
    told = counts(read_dataset(tmp_path, leave_out=True))
    assert told["scans"] == 1
    assert "bad_upper" in told["left_out"][0]


def test_samples_are_made_once_and_stand_upright(folder: Path, tmp_path: Path) -> None:
    members = read_dataset(folder).members[:2]
    first = samples_of(members, tmp_path)
    files = {p: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    again = samples_of(members, tmp_path)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.iterdir()} == files
    for scan, copied in zip(first, again, strict=True):
        assert len(scan) == 2, "two samplings"
        for sample, copy in zip(scan, copied, strict=True):
            np.testing.assert_array_equal(sample["points"], copy["points"])
            front = np.isin(sample["classes"] % 8, (1, 2))
            assert sample["points"][front, 1].mean() > sample["points"][~front, 1].mean() + 5, "+y is anterior"
            assert sample["normals"][:, 2].mean() > 0.2, "+z is occlusal"
    a, b = (set(map(tuple, s["points"].tolist())) for s in first[0])
    assert len(a & b) < 0.5 * len(a), "the samplings stand on different vertices"
