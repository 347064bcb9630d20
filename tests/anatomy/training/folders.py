"""Folders of labelled scans as institutions keep them, made of model arches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.training.scores import face_labels
from oral_architect.geometry import Mesh
from oral_architect.geometry.ply import write_ply

from ..model_arch import ModelArch


def write_labelled_ply(path: Path, arch: ModelArch, pose: NDArray[np.float64] | None = None) -> Path:
    """Write an arch with ``fdi`` of each face."""
    mesh = arch.mesh if pose is None else arch.mesh.transformed(pose)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ply(path, mesh, face={"fdi": face_labels(mesh.faces, arch.labels).astype(np.uint8)})
    return path


def write_obj(path: Path, mesh: Mesh) -> None:
    """Write vertices and faces as OBJ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in mesh.vertices]
    lines += [f"f {a} {b} {c}" for a, b, c in mesh.faces + 1]
    path.write_text("\n".join(lines) + "\n")


def write_pair(path: Path, arch: ModelArch, **fields: Any) -> Path:
    """Write an arch as OBJ with its labels in a JSON beside it; ``fields`` overwrite those of the JSON."""
    write_obj(path, arch.mesh)
    labels = arch.labels.tolist()
    said = {"id_patient": path.stem.split("_")[0], "jaw": "upper" if labels[0] < 30 else "lower", "labels": labels}
    path.with_suffix(".json").write_text(json.dumps(said | {"instances": labels} | fields))
    return path


def turned(seed: int) -> NDArray[np.float64]:
    """Any pose."""
    from scipy.spatial.transform import Rotation

    rng = np.random.default_rng(seed)
    pose = np.eye(4)
    pose[:3, :3] = Rotation.random(random_state=rng).as_matrix()
    pose[:3, 3] = rng.normal(0, 40, 3)
    return pose
