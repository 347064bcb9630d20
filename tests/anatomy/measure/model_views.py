"""Crowns of the shape model as if scanned whole and without noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.measure.view import CrownView
from oral_architect.geometry import Mesh
from oral_architect.teeth.shape_model import crown_model


def model_view(fdi: int, coefficients: NDArray[np.float64] | None = None) -> CrownView:
    """A crown standing in the mean arch; its fitted crown is itself."""
    return view_of(model_crown(fdi, coefficients), fdi)


def model_crown(fdi: int, coefficients: NDArray[np.float64] | None = None) -> Mesh:
    """The closed crown, tooth frame."""
    return crown_model(fdi).crown(coefficients)


def view_of(crown: Mesh, fdi: int, motion: NDArray[np.float64] | None = None) -> CrownView:
    """See a closed crown of the tooth frame in the mean arch, moved by a rigid motion."""
    model = crown_model(fdi)
    pose = model.arch_pose if motion is None else motion @ model.arch_pose
    whole = crown.transformed(pose)
    shell, _ = whole.part(~model.base[whole.faces].any(axis=1))
    return CrownView(fdi, shell, whole.vertices[model.margin], pose[:3, 3], pose[:3, :3].T, whole.vertices)
