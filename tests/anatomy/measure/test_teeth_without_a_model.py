"""Milk teeth and teeth too many stand as their neighbours and margin say, without a crown model."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.crowns.axes import tooth_axes
from oral_architect.teeth import fdi as numbers

from ..model_arch import model_arch


@pytest.mark.parametrize(("like", "fdi"), [(15, 55), (21, 61), (34, 74), (43, 83), (12, 19), (35, 39)])
def test_their_axes_are_a_permanent_tooths_in_the_same_place(like: int, fdi: int) -> None:
    arch = model_arch(numbers.jaw_of(like))
    centroids = {t: s.vertices.mean(axis=0) for t, s in arch.shells.items()}
    centroids[fdi] = centroids.pop(like)
    found = tooth_axes(arch.shells[like], arch.margins[like], fdi, centroids)
    assert found.fitted_mm is None
    truth = arch.poses[like][:3, :3].T
    angles = np.degrees(np.arccos(np.clip((found.axes * truth).sum(axis=1), -1, 1)))
    assert angles.max() < 30
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(3), atol=1e-9)


def test_a_lonely_one_looks_toward_the_midline() -> None:
    arch = model_arch("lower", teeth=(35,))
    found = tooth_axes(arch.shells[35], arch.margins[35], 75, {})
    assert found.axes[0] @ arch.poses[35][:3, 0] > 0.7
