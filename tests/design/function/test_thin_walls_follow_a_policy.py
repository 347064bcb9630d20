import numpy as np
import pytest

from oral_architect.design.form import Form
from oral_architect.design.function import ContactsWanted, Surroundings, Walls, apply_policy
from oral_architect.design.materials import material
from oral_architect.geometry import Mesh

from .spheres import ball, other

EMAX = material("IPS e.max CAD (LS2)", "crown")


def walls(thickness_mm):
    """A half ball over a smaller half ball, as a crown over a stump."""
    outer, stump = ball([0, 0, 0], 4.0), ball([0, 0, 0], 4.0 - thickness_mm)
    die, _ = stump.part(stump.vertices[stump.faces].mean(axis=1)[:, 2] > -1.0)
    new = np.clip((outer.vertices[:, 2] + 1.0) / 1.0, 0, 1)
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    line = np.stack([4 * np.cos(angle), 4 * np.sin(angle), np.full(100, -1.0)], axis=1)
    return Walls(Form(Mesh(outer.vertices, outer.faces), new), die, 0.0, line)


def around(bite_mm=None):
    antagonist = None if bite_mm is None else other([0, 0, 8.0 + bite_mm])
    return Surroundings(36, np.eye(3), None, None, antagonist, None)


def test_walls_thick_enough_are_left_alone():
    applied = apply_policy("thicken", walls(1.8), EMAX, around(), ContactsWanted())
    assert applied.result.policy == "none"
    assert applied.result.met


def test_a_wall_is_thickened_outward_where_there_is_room():
    applied = apply_policy("thicken", walls(1.3), EMAX, around(), ContactsWanted())
    assert applied.result.met
    up = next(a for a in applied.result.tried if a.region == "occlusal")
    assert up.before_mm == pytest.approx(1.3, abs=0.03)
    assert up.after_mm >= 1.495
    assert "Ivoclar" in up.source


def test_the_bite_is_never_entered_to_thicken_a_wall():
    there = around(bite_mm=0.05)
    applied = apply_policy("thicken", walls(1.3), EMAX, there, ContactsWanted())
    assert not applied.result.met
    assert there.antagonist.gap_mm(applied.form.mesh.vertices).min() > -0.005
    assert "leaves no more" in applied.result.sentence


def test_a_reduction_says_how_much_and_where():
    applied = apply_policy("reduce", walls(1.3), EMAX, around(), ContactsWanted())
    assert applied.result.reduce_by_mm == pytest.approx(0.2, abs=0.02)
    assert applied.result.at[2] > 0
    assert len(applied.reduce_mm) == len(walls(1.3).die.vertices)
    assert not applied.result.met


def test_another_material_is_taken_when_its_limits_hold():
    applied = apply_policy("material", walls(1.1), EMAX, around(), ContactsWanted())
    assert applied.result.met
    assert "Zirconia" in applied.result.material
    assert {a.material for a in applied.result.tried} >= {EMAX.name, applied.result.material}
    thin = apply_policy("material", walls(0.3), EMAX, around(), ContactsWanted())
    assert not thin.result.met


def test_a_refusal_says_what_is_lacking():
    applied = apply_policy("refuse", walls(1.3), EMAX, around(), ContactsWanted())
    assert applied.result.sentence.startswith("Refused")
    assert "1.5 mm" in applied.result.sentence
    assert np.array_equal(applied.form.mesh.vertices, walls(1.3).form.mesh.vertices)
