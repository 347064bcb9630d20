"""Material is laid on the tooth, or on material that is; never in the air."""

from __future__ import annotations

import numpy as np
import pytest
from box_tooth import block, cap, crown, design, landscape, one_tooth
from scipy import ndimage

from oral_architect import programme
from oral_architect.errors import StageError
from oral_architect.geometry import concatenate
from oral_architect.programme import ProgrammeSettings
from oral_architect.programme.layers import UNREACHED, growth_distance, layer_numbers

THIN = ProgrammeSettings(profile="clinic-2045")


def _grown_in_order(made: programme.Programme, fdi: int) -> None:
    """Every layer, with all before it, is one with the layer that lies on the tooth."""
    voxels = made.arrays[f"voxels_{fdi}"].astype(int)
    layer = made.arrays[f"layer_{fdi}"]
    box = np.full(voxels.max(axis=0) + 2, -1)
    box[tuple(voxels.T)] = layer
    touching = ndimage.generate_binary_structure(3, 2)
    for k in range(1, int(layer.max()) + 1):
        parts, count = ndimage.label((box >= 0) & (box <= k), structure=touching)
        grounded = set(np.unique(parts[box == 0]))
        assert set(range(1, count + 1)) <= grounded


@pytest.mark.parametrize("profile", ["extrapolated", "clinic-2045"])
def test_every_layer_is_carried_by_the_layers_before_it(profile):
    made = programme.run(*one_tooth(), ProgrammeSettings(profile=profile))
    assert len(made.teeth[0].layers) > 1
    assert (np.diff(made.arrays["layer_36"]) >= 0).all()
    _grown_in_order(made, 36)


def test_the_first_layer_touches_the_tooth():
    made = programme.run(*one_tooth(), THIN)
    first = made.arrays["voxels_36"][made.arrays["layer_36"] == 0]
    z = first[:, 2] * made.teeth[0].voxel_mm + made.teeth[0].origin_mm[2]
    assert z.min() == pytest.approx(0.0, abs=0.1)
    assert z.max() < 0.45  # 0.2 mm of layer on what touches across bond space


def test_an_overhang_grows_sideways_from_its_stem():
    # a mushroom: the cap's underside is in the air and must wait for the stem
    stem, roof = block((-0.5, -0.5, 0.0), (0.5, 0.5, 2.0)), block((-2.0, -2.0, 1.9), (2.0, 2.0, 2.6))
    body = concatenate([stem, roof])
    made = programme.run(landscape({36: crown()}), design({36: body}), THIN)
    _grown_in_order(made, 36)
    voxels, layer = made.arrays["voxels_36"].astype(float), made.arrays["layer_36"]
    centres = voxels * made.teeth[0].voxel_mm + np.asarray(made.teeth[0].origin_mm)
    rim = (np.abs(centres[:, 0]) > 1.8) & (centres[:, 2] > 1.95)
    middle = (np.abs(centres[:, :2]) < 0.3).all(axis=1) & (centres[:, 2] > 1.95) & (centres[:, 2] < 2.1)
    assert layer[rim].min() > layer[middle].max()


def test_an_island_is_refused_with_its_place():
    body = concatenate([cap(), block((1.0, 1.0, 4.0), (2.0, 2.0, 5.0))])
    with pytest.raises(StageError, match=r"1\.00 mm³ of material near \(1\.5, 1\.5, 4\.5\) mm"):
        programme.run(landscape({36: crown()}), design({36: body}))


def test_one_body_that_is_refused_does_not_harm_the_others():
    teeth = {36: crown(), 46: crown(at=(-30.0, 0.0))}
    bodies = {36: cap(at=(60.0, 0.0)), 46: cap(at=(-30.0, 0.0))}
    made = programme.run(landscape(teeth), design(bodies))
    assert [t.fdi for t in made.teeth] == [46]
    assert any(w.startswith("Tooth 36 is left out of this programme") for w in made.warnings)


def test_a_sliver_is_left_out_and_named():
    body = concatenate([cap(), block((1.0, 1.0, 4.0), (1.2, 1.2, 4.2))])
    made = programme.run(landscape({36: crown()}), design({36: body}))
    assert any("sliver" in w for w in made.warnings)
    assert made.teeth[0].total_dose == round(cap().volume_mm3 / 1e-3 * 255) or (
        abs(made.teeth[0].total_dose / 255e3 - cap().volume_mm3) < 1e-3
    )


def test_a_body_that_touches_no_tooth_is_refused():
    with pytest.raises(StageError, match="touches no tooth"):
        programme.run(landscape({36: crown()}), design({36: cap(at=(30.0, 0.0))}))


def test_distance_follows_the_body_not_the_air():
    solid = np.zeros((5, 7, 3), dtype=bool)
    solid[:, 0, 1] = solid[4, :, 1] = solid[:, 6, 1] = True  # a horseshoe
    support = np.zeros_like(solid)
    support[0, 0, 1] = True
    distance = growth_distance(solid, support)
    assert distance[0, 0, 1] == 0
    assert distance[0, 6, 1] == 3 * 10 + 14 + 4 * 10 + 14 + 3 * 10
    assert (distance[~solid] == UNREACHED).all()


def test_layers_are_as_thick_as_asked():
    distance = np.arange(0, 100, 10, dtype=np.int32).reshape(1, 1, 10)
    assert layer_numbers(distance, 0.3, 0.1).ravel().tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]
