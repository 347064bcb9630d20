"""A folder of labelled scans as training wants it: doubts about labels named, patients kept on one side of a split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from oral_architect.errors import InputError, OralArchitectError, SettingsError
from oral_architect.teeth.fdi import arch, deciduous_arch, is_deciduous, is_permanent, is_supernumerary

from .labelled import LabelledArch, find_labelled, read_labelled
from .upright import Upright, stand_upright

SPECK_SHARE = 0.02
"""A piece of a tooth smaller than this share of it is a speck."""
PIECE_SHARE = 0.3
"""A second piece of a number larger than this share of the first is another tooth, or a tooth cut in two."""
SAME_MOUTH_MM = 0.16
"""Two scans of a jaw whose teeth stand equally far from each other to within this (median) are of one mouth."""
LEAST_COMMON_TEETH = 6


@dataclass(frozen=True, eq=False)
class Member:
    """One labelled scan of a data set."""

    arch: LabelledArch
    upright: Upright
    digest: str
    """Of geometry and labels, whatever the file is called."""
    doubts: tuple[str, ...]
    """Words about labels a person should look at."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled scans, and which of them belong to one mouth."""

    members: tuple[Member, ...]
    mouths: tuple[int, ...]
    """For each member a number; all scans of a patient and of a mouth that occurs twice have the same."""
    left_out: tuple[str, ...]
    """What could not be used, a sentence each."""

    @property
    def digest(self) -> str:
        """Tells whether two data sets are the same, whatever the files are called."""
        return _sha("".join(m.digest for m in self.members).encode())


def read_dataset(folder: Path, *, leave_out: bool = False) -> Dataset:
    """Read and check all labelled scans below a folder.

    Parameters
    ----------
    folder
        Any depth: the nested folders of 3DTeethSeg, or all files in one.
    leave_out
        Leave scans that cannot be used out instead of stopping at them.

    Raises
    ------
    InputError
        When a scan cannot be used (the first one, named) or none is left.
    """
    members, left_out = [], []
    for path in find_labelled(folder):
        try:
            members.append(_checked(read_labelled(path)))
        except OralArchitectError as error:
            if not leave_out:
                raise
            left_out.append(str(error))
    if not members:
        raise InputError("no scan here can be used.", where=str(folder), todo=left_out[0] if left_out else "")
    return Dataset(tuple(members), _mouths([m.arch for m in members]), tuple(left_out))


def split_fold(dataset: Dataset, fold: int, folds: int, seed: int) -> tuple[list[int], list[int]]:
    """Return the members to train on and the held-out ones of fold ``fold`` (from 1) of ``folds``.

    Raises
    ------
    SettingsError
        When there are fewer mouths than folds.
    """
    dealt = _dealt(dataset, seed)
    if not 1 <= fold <= folds or folds < 2:
        raise SettingsError(f"fold {fold}/{folds} is not possible", where="--fold", todo="Give K/N with 1 <= K <= N.")
    if len(dealt) < folds:
        raise SettingsError(
            f"{len(dealt)} mouths cannot be split into {folds} folds", where="--fold", todo="Give fewer folds."
        )
    return _sides(dataset, set(dealt[fold - 1 :: folds]))


def split_share(dataset: Dataset, share: float, seed: int) -> tuple[list[int], list[int]]:
    """Hold a share of the mouths out; none when ``share`` is 0.

    Raises
    ------
    SettingsError
        When nothing would be left to train on.
    """
    dealt = _dealt(dataset, seed)
    count = 0 if share == 0 else max(1, round(share * len(dealt)))
    if not 0 <= share < 1 or count >= len(dealt):
        raise SettingsError(
            f"{share:g} of {len(dealt)} mouths held out leaves none to train on", where="--held-out", todo="Give less."
        )
    return _sides(dataset, set(dealt[:count]))


def counts(dataset: Dataset) -> dict[str, Any]:
    """Say what a data set holds."""
    teeth = Counter(t for m in dataset.members for t in m.arch.teeth)
    same = [
        sorted(m.arch.name for m, mouth in zip(dataset.members, dataset.mouths, strict=True) if mouth == k)
        for k, n in Counter(dataset.mouths).items()
        if n > 1
    ]
    patients = {m.arch.name: m.arch.patient for m in dataset.members}
    return {
        "scans": len(dataset.members),
        "upper": sum(m.arch.jaw == "upper" for m in dataset.members),
        "lower": sum(m.arch.jaw == "lower" for m in dataset.members),
        "mouths": len(set(dataset.mouths)),
        "teeth": sum(teeth.values()),
        "permanent": sum(n for t, n in teeth.items() if is_permanent(t)),
        "deciduous": sum(n for t, n in teeth.items() if is_deciduous(t)),
        "supernumerary": sum(n for t, n in teeth.items() if is_supernumerary(t)),
        "by_number": dict(sorted(teeth.items())),
        "same_mouth_under_several_names": [names for names in same if len({patients[n] for n in names}) > 1],
        "doubts": {m.arch.name: list(m.doubts) for m in dataset.members if m.doubts},
        "left_out": list(dataset.left_out),
        "digest": dataset.digest,
    }


def _checked(found: LabelledArch) -> Member:
    upright = stand_upright(found)
    content = b"".join(
        np.ascontiguousarray(a).tobytes()
        for a in (np.round(found.mesh.vertices, 4), found.mesh.faces.astype(np.int32), found.labels.astype(np.int16))
    )
    return Member(found, upright, _sha(content), tuple(_doubts(found, upright)))


def _doubts(found: LabelledArch, upright: Upright) -> list[str]:
    """Look for specks, numbers in pieces and teeth on the wrong side."""
    doubts = []
    if upright.sides_swapped:
        doubts.append("left and right seem to be exchanged, or the surface is inside out")
    specks = 0
    matrix = upright.to_patient
    for tooth in found.teeth:
        sizes = _pieces(found, tooth)
        specks += int((sizes[1:] < SPECK_SHARE * sizes[0]).sum())
        if len(sizes) > 1 and sizes[1] > PIECE_SHARE * sizes[0] and not is_supernumerary(tooth):
            doubts.append(f"tooth {tooth} is in {int((sizes > PIECE_SHARE * sizes[0]).sum())} large pieces")
        x = float((found.mesh.vertices[found.labels == tooth].mean(0) @ matrix[:3, :3].T + matrix[:3, 3])[0])
        if abs(x) > 4 and (x > 0) != (tooth // 10 in (2, 3, 6, 7)) and not upright.sides_swapped:
            doubts.append(f"tooth {tooth} stands on the other side")
    if specks:
        doubts.append(f"{specks} label specks")
    return doubts


def _pieces(found: LabelledArch, tooth: int) -> NDArray[np.int64]:
    """Sizes of the connected pieces of a number in faces, largest first."""
    faces = found.mesh.faces[found.truth == tooth]
    if len(faces) == 0:  # labelled at vertices only, never at two of a face's corners
        return np.ones(1, np.int64)
    used, index = np.unique(faces, return_inverse=True)
    index = index.reshape(-1, 3)
    a, b = index[:, [0, 1]].T.ravel(), index[:, [1, 2]].T.ravel()
    _, piece = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(len(used), len(used))), directed=False)
    return np.sort(np.bincount(piece[index[:, 0]]))[::-1]


def _mouths(arches: Sequence[LabelledArch]) -> tuple[int, ...]:
    """Number the mouths: one patient is one, and so are scans that are the same but for noise."""
    n = len(arches)
    tables = [_distances(a) for a in arches]
    links = [(i, j) for i in range(n) for j in range(i) if arches[i].patient == arches[j].patient]
    for jaw in ("upper", "lower"):
        own = [i for i in range(n) if arches[i].jaw == jaw]
        stack = np.array([tables[i] for i in own])
        for k, i in enumerate(own[:-1]):
            apart = np.abs(stack[k + 1 :] - stack[k]).reshape(len(own) - k - 1, -1)
            common = np.isfinite(apart).sum(1) >= LEAST_COMMON_TEETH * (LEAST_COMMON_TEETH - 1) // 2
            near = [int(o) for o in np.flatnonzero(common) if np.nanmedian(apart[o]) < SAME_MOUTH_MM]
            links += [(i, own[k + 1 + other]) for other in near]
    a, b = (np.array([link[side] for link in links], dtype=np.int64) for side in (0, 1))
    _, mouth = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    return tuple(int(m) for m in mouth)


def _distances(found: LabelledArch) -> NDArray[np.float64]:
    """Distances between the teeth of a scan, mm, upper triangle of all numbers of the jaw; NaN where one is absent."""
    row = arch(found.jaw) + deciduous_arch(found.jaw)
    place = np.full((len(row), 3), np.nan)
    for tooth in set(found.teeth) & set(row):
        place[row.index(tooth)] = found.mesh.vertices[found.labels == tooth].mean(0)
    above = np.triu_indices(len(row), 1)
    return np.asarray(np.linalg.norm(place[above[0]] - place[above[1]], axis=1))


def _dealt(dataset: Dataset, seed: int) -> list[int]:
    """Mouths in a drawn order that does not depend on file names: by their digests, then shuffled."""
    first: dict[int, str] = {}
    for member, mouth in zip(dataset.members, dataset.mouths, strict=True):
        first[mouth] = min(first.get(mouth, "~"), member.digest)
    ordered = sorted(first, key=lambda m: first[m])
    return [ordered[i] for i in np.random.default_rng([seed, 2]).permutation(len(ordered))]


def _sides(dataset: Dataset, held: set[int]) -> tuple[list[int], list[int]]:
    train = [i for i, mouth in enumerate(dataset.mouths) if mouth not in held]
    return train, [i for i, mouth in enumerate(dataset.mouths) if mouth in held]


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
