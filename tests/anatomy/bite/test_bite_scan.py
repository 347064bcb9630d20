"""A scan of the cheek sides of both arches in bite gives that bite, however it lies itself."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.bite.bite_scan import register_bite_scan
from oral_architect.anatomy.crowns.frame import patient_frame
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.registration import rotation_from_vector
from small_patient import patient


def pose(turn: tuple[float, float, float], shift: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(np.array(turn))
    matrix[:3, 3] = shift
    return matrix


@pytest.fixture(scope="module")
def jaws() -> tuple[Mesh, Mesh]:
    """Both scans of a patient in bite, in the patient frame of the upper one."""
    made = patient()
    upper, lower = (Mesh(made.shapes[f"{j}_scan"].vertices, made.shapes[f"{j}_scan"].faces) for j in ("upper", "lower"))
    frame = patient_frame(upper, made.arrays["labels_upper"], "upper")[0]
    return upper.transformed(frame), lower.transformed(frame)


def cheek_side(mesh: Mesh, left: bool) -> Mesh:
    """What a scanner sees of one side from the cheek, near the occlusal plane."""
    middle = mesh.vertices[mesh.faces].mean(axis=1)
    out = 1.0 if left else -1.0
    seen = (mesh.face_normals[:, 0] * out > 0.2) & (middle[:, 0] * out > 12) & (np.abs(middle[:, 2]) < 7)
    return mesh.part(seen)[0]


@pytest.mark.parametrize("left", [True, False])
def test_a_bite_scan_from_the_cheek_gives_the_bite(jaws, left):
    upper, lower = jaws
    strip = concatenate([cheek_side(upper, left), cheek_side(lower, left)])
    lying = strip.transformed(pose((1.0, -2.0, 0.4), (40, -10, 90)))
    off = pose((0.02, -0.03, 0.03), (0.8, -1.0, -0.9))
    found = register_bite_scan(lying, upper, lower.transformed(off), np.eye(4))
    back = found.lower_moved @ off
    gone = np.linalg.norm(lower.vertices @ back[:3, :3].T + back[:3, 3] - lower.vertices, axis=1)
    assert gone.max() < 0.1
    assert max(found.upper_rms_mm, found.lower_rms_mm) < 0.1


def test_a_scan_of_something_else_is_refused(jaws):
    upper, lower = jaws
    rng = np.random.default_rng(1)
    other = Mesh(rng.uniform(-30, 30, (900, 3)), np.arange(900).reshape(-1, 3))
    with pytest.raises(StageError, match="does not lie on"):
        register_bite_scan(other, upper, lower, np.eye(4))
