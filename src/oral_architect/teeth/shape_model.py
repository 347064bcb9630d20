"""The tooth shape model: how crowns of each tooth look, vary, and stand in the arch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import SettingsError
from oral_architect.geometry import Mesh

from .fdi import is_left, jaw_of, position

THIRD_MOLAR_SIZE = 0.93
"""Third molars have no model of their own: the second molar's, at this size, a round figure just below the
ratios of the mesiodistal widths in ``tooth_dimensions`` (18/17 is 0.94, 48/47 is 0.95)."""


@dataclass(frozen=True, eq=False)
class CrownModel:
    """Statistical shape of one tooth's crown, in the tooth frame (origin crown centroid; mesial, buccal, occlusal; mm).

    Twins (16 and 26) share all numbers: the left tooth is the mirror image of the right, which its ``arch_pose``
    expresses as a reflection. Faces point outwards in the tooth frame.
    """

    fdi: int
    mean: NDArray[np.float64]
    """``(1500, 3) float, mm``."""
    faces: NDArray[np.int32]
    """``(2996, 3) int``, closed."""
    modes: NDArray[np.float32]
    """``(k, 1500, 3) float, mm`` per standard deviation."""
    base: NDArray[np.bool_]
    """``(1500,) bool``: the artificial closure toward the root."""
    margin: NDArray[np.int32]
    """``(m,) int``: ordered loop of vertices along the gingival margin."""
    arch_pose: NDArray[np.float64]
    """``(4, 4)``: tooth frame to the mean arch (LPS, mm), each jaw centred near z = 0."""
    size_sd: float
    """Standard deviation of the relative size."""
    pose_cov: NDArray[np.float64]
    """``(6, 6)``: covariance of place (mm) and turn (rad) along LPS."""

    @cached_property
    def mode_matrix(self) -> NDArray[np.float64]:
        """``(4500, k) float, mm``: columns are modes."""
        return np.ascontiguousarray(self.modes.reshape(len(self.modes), -1).T, dtype=np.float64)

    def points(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the crown's points for mode coefficients in standard deviations, ``(1500, 3) float, mm``."""
        k = len(coefficients)
        shift = np.tensordot(coefficients, self.modes[:k].astype(np.float64), axes=1)
        return np.asarray(self.mean + shift)

    def crown(self, coefficients: NDArray[np.float64] | None = None, size: float = 1.0) -> Mesh:
        """Return a closed crown in the tooth frame.

        Parameters
        ----------
        coefficients
            ``(k,) float``, in standard deviations, ``k`` up to the number of modes; the mean shape when left out.
        size
            Relative size, 1 is the mean.
        """
        points = self.mean if coefficients is None else self.points(coefficients)
        return Mesh(points * size, self.faces)


@cache
def _arrays() -> dict[str, NDArray[np.float64]]:
    with (files(__package__) / "data/shape_model.npz").open("rb") as handle, np.load(handle) as data:
        return {name: data[name] for name in data.files}


@cache
def crown_model(fdi: int) -> CrownModel:
    """Return the crown model of a permanent tooth, 11-48.

    Raises
    ------
    SettingsError
        When ``fdi`` is not a permanent tooth.
    """
    if fdi // 10 not in (1, 2, 3, 4) or not 1 <= fdi % 10 <= 8:
        raise SettingsError(f"{fdi} is not a permanent tooth", where="tooth shape model", todo="Use FDI 11 to 48.")
    data = _arrays()
    place = position(fdi)
    row = (0 if jaw_of(fdi) == "upper" else 7) + min(place, 7) - 1
    size = THIRD_MOLAR_SIZE if place == 8 else 1.0
    step = data["mode_step"][row][:, None, None] * size
    twin_row = row + (14 if is_left(fdi) else 0)
    loop = data["margin"][row]
    return CrownModel(
        fdi=fdi,
        mean=data["mean"][row].astype(np.float64) * size,
        faces=data["faces"][row].astype(np.int32),
        modes=(data["modes"][row] * step).astype(np.float32),
        base=data["base"][row].astype(np.bool_),
        margin=loop[loop >= 0].astype(np.int32),
        arch_pose=_arch_pose(data["pose"], row, place, left=is_left(fdi)),
        size_sd=float(np.sqrt(data["size_cov"][twin_row, twin_row])),
        pose_cov=data["pose_cov"][row].astype(np.float64),
    )


def size_covariance(teeth: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the covariance of the relative sizes of teeth, ``(n, n) float``; third molars follow second molars."""
    data = _arrays()
    rows = [(0 if jaw_of(t) == "upper" else 7) + min(position(t), 7) - 1 + (14 if is_left(t) else 0) for t in teeth]
    return np.asarray(data["size_cov"][np.ix_(rows, rows)], dtype=np.float64)


def _arch_pose(poses: NDArray[np.float64], row: int, place: int, *, left: bool) -> NDArray[np.float64]:
    pose = np.array(poses[row], dtype=np.float64)
    if place == 8:  # behind the second molar, along the line from first to second
        step = pose[:3, 3] - poses[row - 1][:3, 3]
        pose[:3, 3] += step
    if left:
        pose = np.diag([-1.0, 1.0, 1.0, 1.0]) @ pose
    return pose
