from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.crowns.axes import tooth_axes
from oral_architect.errors import StageError

from ..model_arch import ModelArch, model_arch


@pytest.fixture(scope="module", params=["upper", "lower"])
def arch(request) -> ModelArch:
    return model_arch(request.param, seed=11, turn_deg=5.0)


def found_axes(arch: ModelArch):
    centroids = {t: s.vertices.mean(axis=0) for t, s in arch.shells.items()}
    return {t: tooth_axes(arch.shells[t], arch.margins[t], t, centroids) for t in arch.shells}


def errors_deg(arch: ModelArch) -> np.ndarray:
    return np.array(
        [
            np.degrees(np.arccos(np.clip((a.axes * arch.poses[t][:3, :3].T).sum(axis=1), -1, 1)))
            for t, a in found_axes(arch).items()
        ]
    )


def test_axes_of_turned_teeth_are_found_within_four_degrees(arch):
    errors = errors_deg(arch)
    assert errors.mean() < 2.5
    assert np.quantile(errors, 0.9) < 4.5


def test_the_origin_is_the_model_centroid(arch):
    gaps = [np.linalg.norm(a.centroid_mm - arch.poses[t][:3, 3]) for t, a in found_axes(arch).items()]
    assert np.mean(gaps) < 0.4


def test_axes_are_orthonormal_and_mirrored_left_to_right(arch):
    for fdi, a in found_axes(arch).items():
        assert np.allclose(a.axes @ a.axes.T, np.eye(3), atol=1e-9)
        assert np.sign(np.linalg.det(a.axes)) == (1 if fdi // 10 in (1, 3) else -1)
        up = np.array([0, 0, -1.0 if fdi < 30 else 1.0])
        assert a.axes[2] @ up > 0.8
        assert np.allclose(a.frame()[:3, :3], a.axes.T)


def test_widths_are_those_of_the_crown(arch):
    for fdi, a in found_axes(arch).items():
        local = (arch.shells[fdi].vertices - arch.poses[fdi][:3, 3]) @ arch.poses[fdi][:3, :3]
        assert a.width_md_mm == pytest.approx(np.ptp(local[:, 0]), abs=0.5)
        assert a.width_bl_mm == pytest.approx(np.ptp(local[:, 1]), abs=0.7)
        assert 3.0 < a.height_mm < 12.0


def test_half_a_crown_falls_back_on_its_place_in_the_arch(arch):
    centroids = {t: s.vertices.mean(axis=0) for t, s in arch.shells.items()}
    fdi = 16 if 16 in arch.shells else 46
    shell = arch.shells[fdi]
    low = np.quantile(shell.vertices[:, 2], 0.4)
    top = shell.vertices[shell.faces][:, :, 2].mean(axis=1)
    stump, _ = shell.part(top > low if fdi == 16 else top < low)
    a = tooth_axes(stump, arch.margins[fdi], fdi, centroids)
    error = np.degrees(np.arccos(np.clip((a.axes * arch.poses[fdi][:3, :3].T).sum(axis=1), -1, 1)))
    assert error.max() < 20


def test_a_speck_is_refused(arch):
    fdi = next(iter(arch.shells))
    speck, _ = arch.shells[fdi].part(np.arange(len(arch.shells[fdi].faces)) < 2)
    with pytest.raises(StageError):
        tooth_axes(speck, arch.margins[fdi], fdi, {})
