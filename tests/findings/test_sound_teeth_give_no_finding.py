import pytest

from oral_architect.findings import run

from .conftest import DAMAGES, TEETH
from .mouth import build


@pytest.mark.parametrize("seed", [11, 12])
def test_a_sound_mouth_has_no_findings(seed):
    landscape, _ = build(teeth=(12, 13, 14, 16, 22, 23, 24, 26), seed=seed, noise_mm=0.03, likeness=0.6)
    findings = run(landscape)
    assert findings.items == ()
    assert findings.compared == (12, 13, 14, 16, 22, 23, 24, 26)


def test_damage_of_one_tooth_is_not_seen_on_another(damaged):
    _, _, findings = damaged
    assert {f.fdi for f in findings.items} <= set(DAMAGES)
    assert findings.compared == TEETH


def test_noise_is_of_the_size_that_was_put_in(damaged):
    _, _, findings = damaged
    assert 0.01 < findings.noise_mm < 0.05
