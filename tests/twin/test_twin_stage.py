"""The twin as a whole: what it says of a box tooth, that it accounts for everything and repeats itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from box_tooth import cap, crown, design, landscape, one_tooth

from oral_architect import programme, twin
from oral_architect.errors import StageError
from oral_architect.programme import ProgrammeSettings
from oral_architect.reference import find
from oral_architect.twin import ToothPrediction, TwinSettings
from oral_architect.twin.model import load_model
from oral_architect.twin.tissue import Tissue, tooth_voxels

QUICK = TwinSettings(voxel_mm=0.4, coarse_voxel_mm=0.6, agents=5_000, samples=8, tail_s=30.0)

DIGEST = """
import hashlib, numba
import numpy as np
from box_tooth import one_tooth
from oral_architect import programme, twin
from oral_architect.twin.heat import THREADED_CELLS, Surroundings, explicit_steps, heat_block, rkl2_step
from oral_architect.twin.transport import walk
from test_twin_stage import QUICK
k = np.pad(np.random.default_rng(0).uniform(0.3, 0.9, (78, 78, 78)), 1)
CUBE = heat_block(k, k + 2e6, 2e-4, Surroundings(np.full((6, 1, 1, 1), 15.0), np.full((6, 1, 1, 1), 27.0)))
land, plan = one_tooth()
for threads in (1, 2):
    numba.set_num_threads(threads)
    made = twin.run(land, plan, programme.run(land, plan), QUICK)
    digest = hashlib.sha256(made.model_dump_json().encode())
    for name in sorted(made.arrays):
        digest.update(name.encode() + made.arrays[name].tobytes())
    start = np.random.default_rng(1).random(CUBE.loss.shape)
    assert start.size >= THREADED_CELLS
    digest.update(explicit_steps(CUBE, start, start, CUBE.stable_s / 2, 3).tobytes())
    digest.update(rkl2_step(CUBE, start, start, 10 * CUBE.stable_s).tobytes())
    digest.update(walk(start[0], np.ones(3), 1.0, 0.1, 10, seed=5).tobytes())
    print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def demonstrated():
    land, plan = one_tooth()
    return twin.run(land, plan, programme.run(land, plan), QUICK)


@pytest.mark.parametrize("profile", ["demonstrated", "extrapolated", "clinic-2045"])
def test_v12_every_unit_of_a_programme_is_found_again_voxel_by_voxel(profile):
    land, plan = one_tooth()
    made = programme.run(land, plan, ProgrammeSettings(profile=profile))
    for seed in (0, 7):
        prediction = twin.run(land, plan, made, QUICK.model_copy(update={"seed": seed, "samples": 4}))
        tooth, filled = prediction.teeth[0], prediction.arrays["filled_36"]
        assert tooth.dispensed_units - tooth.deposited_units - tooth.lost_units - tooth.retrieved_units == 0
        assert int(filled.sum(dtype=np.int64)) == tooth.deposited_units
        assert (filled <= made.arrays["dose_36"]).all()
        assert tooth.deposited_units <= made.teeth[0].total_dose <= tooth.dispensed_units
        assert tooth.filled_fraction == tooth.deposited_units / made.teeth[0].total_dose


def test_a_prediction_whose_units_do_not_balance_cannot_be_made(demonstrated):
    tooth = demonstrated.teeth[0].model_dump() | {"lost_units": demonstrated.teeth[0].lost_units + 1}
    with pytest.raises(ValueError, match="accounted for"):
        ToothPrediction.model_validate(tooth)


def test_every_figure_has_a_range_and_lies_where_ranges_lie(demonstrated):
    tooth = demonstrated.teeth[0]
    own = {n: getattr(tooth, n) for n in type(tooth).model_fields if n not in ("fdi", "verdict", "ranges")}
    del own["pulp_rise_limit_c"]  # a limit, not an outcome
    for name, value in own.items():
        found = tooth.ranges[name]
        assert found.p5 <= found.median <= found.p95
        width = found.p95 - found.p5
        best = value if isinstance(value, int | float) else value.value
        assert found.p5 - width <= best <= found.p95 + width
    assert tooth.ranges["pulp_rise_c"].p95 - tooth.ranges["pulp_rise_c"].p5 > 0.5
    assert tooth.ranges["least_conversion"].p95 <= 1


def test_the_trace_has_its_range_at_every_time(demonstrated):
    low, high = demonstrated.arrays["pulp_range_36"].T
    assert len(low) == len(demonstrated.arrays["pulp_36"])
    assert (low <= high).all()
    assert high.max() == pytest.approx(demonstrated.teeth[0].ranges["pulp_peak_c"].p95, abs=0.5)


def test_a_light_pulse_warms_the_pulp_as_the_literature_says(demonstrated):
    # Operative Dentistry 35/2 p220: 3.09 to 5.98 °C under 2 mm of dentine and 2 mm of composite; the box tooth has
    # more dentine over its pulp, so it lies at the low end
    assert 1.0 < demonstrated.teeth[0].pulp_rise_c.value < 5.98
    assert demonstrated.teeth[0].pulp_rise_c.sd > 0.1


def test_the_verdict_follows_the_clinical_limit(demonstrated):
    tooth = demonstrated.teeth[0]
    assert tooth.pulp_rise_limit_c == find("clinical_limits", quantity="intrapulpal_dt_limit_c").need("value")
    assert tooth.verdict == ("pass" if tooth.ranges["pulp_rise_c"].p95 <= tooth.pulp_rise_limit_c else "warn")
    assert demonstrated.safe


def test_far_too_much_light_fails_and_says_what_to_do():
    land, plan = one_tooth()
    made = programme.run(land, plan)
    layers = tuple(layer.model_copy(update={"irradiance_mw_cm2": 20_000.0}) for layer in made.teeth[0].layers)
    hot = made.model_copy(update={"teeth": (made.teeth[0].model_copy(update={"layers": layers}),)})
    prediction = twin.run(land, plan, hot, QUICK)
    assert prediction.teeth[0].verdict == "fail"
    assert not prediction.safe
    assert any("Use less light" in w for w in prediction.warnings)


def test_the_pulp_trace_covers_the_visit(demonstrated):
    trace = demonstrated.arrays["pulp_36"]
    assert trace.dtype == np.float32
    assert (np.diff(trace[:, 0]) > 0).all()
    assert trace[:, 1].max() == pytest.approx(demonstrated.teeth[0].pulp_peak_c.value, abs=1e-4)


@pytest.mark.parametrize("profile", ["extrapolated", "clinic-2045"])
def test_other_profiles_keep_the_pulp_cooler_than_one_big_pulse(profile, demonstrated):
    land, plan = one_tooth()
    prediction = twin.run(land, plan, programme.run(land, plan, ProgrammeSettings(profile=profile)), QUICK)
    assert prediction.teeth[0].pulp_rise_c.value < demonstrated.teeth[0].pulp_rise_c.value
    assert prediction.rate_gap_text
    if profile == "clinic-2045":  # mineral faster than ions can come through a film of saliva
        assert any("carried solid" in w for w in prediction.warnings)


def test_an_empty_programme_gives_an_empty_safe_prediction():
    land, plan = landscape({36: crown()}), design({})
    prediction = twin.run(land, plan, programme.run(land, plan), QUICK)
    assert prediction.teeth == ()
    assert prediction.safe


def test_a_programme_for_another_mouth_is_refused():
    land, plan = one_tooth()
    made = programme.run(land, plan)
    with pytest.raises(StageError, match="not in the landscape"):
        twin.run(landscape({37: crown()}), plan, made, QUICK)


def test_the_tooth_is_layered_as_teeth_are():
    land, plan = one_tooth()
    made = programme.run(land, plan)
    model = load_model(programme.load_profile("demonstrated"))
    tooth = tooth_voxels(land, cap(), made, made.teeth[0], model=model, voxel_mm=0.25)
    for kind in (Tissue.ENAMEL, Tissue.DENTINE, Tissue.PULP, Tissue.NEW):
        assert (tooth.tissue == kind).any()
    new_mm3 = (tooth.tissue == Tissue.NEW).sum() * 0.25**3
    assert new_mm3 == pytest.approx(cap().volume_mm3, rel=0.05)
    assert (tooth.layer[tooth.tissue == Tissue.NEW] >= 0).all()
    assert (tooth.layer[tooth.tissue != Tissue.NEW] == -1).all()
    assert tooth.remaining_dentine_mm > 0.5
    pulp_top = tooth.grid.centres(np.argwhere(tooth.tissue == Tissue.PULP))[:, 2].max()
    top = tooth.grid.centres(np.argwhere(tooth.tissue != Tissue.OUTSIDE))[:, 2].max()
    assert top - pulp_top == pytest.approx(6.3, abs=0.6)  # cusp to pulp ceiling


def test_the_same_bytes_twice_and_on_one_or_two_threads():
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent / "programme")])
    done = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, "NUMBA_NUM_THREADS": "2", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    digests = done.stdout.split()
    assert len(digests) == 2
    assert digests[0] == digests[1]
    again = twin.run(*(pair := one_tooth()), programme.run(*pair), QUICK)
    assert again.model_dump_json() == twin.run(*pair, programme.run(*pair), QUICK).model_dump_json()
