import numpy as np
import pytest

from oral_architect.design.form import Form
from oral_architect.design.function import ContactsWanted, Surroundings, arrange, movements
from oral_architect.design.function.ways import Movements, Way
from oral_architect.errors import SettingsError

from .spheres import ball, other

UPWARD = np.eye(3)


def around(mesial=8.1, distal=7.9, bite=8.2, ways=None):
    return Surroundings(
        36,
        UPWARD,
        None if mesial is None else other([mesial, 0, 0], 35),
        None if distal is None else other([-distal, 0, 0], 37),
        None if bite is None else other([0, 0, bite]),
        ways,
    )


def gap_um(form, surface):
    points = np.concatenate([form.mesh.vertices, form.mesh.vertices[form.mesh.faces].mean(axis=1)])
    return 1000 * surface.gap_mm(points).min()


@pytest.mark.parametrize(("mesial", "distal", "bite"), [(None, None, None), (60, -40, 25), (-100, 150, -20)])
def test_all_contacts_have_the_strength_asked_for_at_once(mesial, distal, bite):
    form = Form(ball([0, 0, 0]), np.ones(2562))
    there = around()
    wanted = ContactsWanted(mesial_um=mesial, distal_um=distal, occlusal_um=bite, stops=1)
    made = arrange(form, there, wanted)
    for value, default, surface in (
        (mesial, 20, there.mesial),
        (distal, 20, there.distal),
        (bite, 0, there.antagonist),
    ):
        asked = default if value is None else value
        assert gap_um(made.form, surface) == pytest.approx(-asked, abs=10)
    assert [c.name for c in made.contacts] == ["mesial", "distal", "stop 1"]
    assert all(abs(c.made_um - c.asked_um) < 10 for c in made.contacts)
    assert made.balance.count == 1


def test_what_is_held_does_not_move_and_the_rest_moves_smoothly():
    mesh = ball([0, 0, 0])
    new = np.clip((mesh.vertices[:, 2] + 3) / 2, 0, 1)
    made = arrange(Form(mesh, new), around(bite=None), None)
    moved = made.form.mesh.vertices - mesh.vertices
    assert np.array_equal(made.form.mesh.vertices[new == 0], mesh.vertices[new == 0])
    edges, _ = mesh.edge_table
    step = np.linalg.norm(moved[edges[:, 0]] - moved[edges[:, 1]], axis=1)
    length = np.linalg.norm(mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]], axis=1)
    assert (step / length).max() < 0.35
    assert any("No bite" in note for note in made.notes)


def test_a_neighbour_too_far_away_gets_no_contact_and_this_is_said():
    made = arrange(Form(ball([0, 0, 0]), np.ones(2562)), around(mesial=9.5, bite=None))
    mesial = next(c for c in made.contacts if c.name == "mesial")
    assert mesial.made_um is None
    assert "no contact is built" in mesial.note


def test_a_tooth_can_be_kept_out_of_contact():
    there = around(bite=7.9)
    made = arrange(Form(ball([0, 0, 0]), np.ones(2562)), there, ContactsWanted(stops=0))
    assert gap_um(made.form, there.antagonist) > 20
    assert made.balance is None


def test_contacts_are_made_where_a_person_wants_them():
    place = np.array([0.8, 0, np.sqrt(16 - 0.64)])
    there = around(bite=8.15)
    made = arrange(Form(ball([0, 0, 0]), np.ones(2562)), there, ContactsWanted(at=(tuple(place),)))
    stop = next(c for c in made.contacts if c.name == "stop 1")
    assert stop.made_um == pytest.approx(stop.asked_um, abs=10)
    assert np.linalg.norm(np.array(stop.at) - place) < 0.7


@pytest.mark.parametrize("um", [-500.0, 201.0, float("nan")])
def test_a_strength_nobody_may_set_is_refused(um):
    with pytest.raises(SettingsError, match="contact strength"):
        arrange(Form(ball([0, 0, 0]), np.ones(2562)), around(), ContactsWanted(mesial_um=um))


def test_what_gets_in_the_way_is_relieved_and_the_contact_stays():
    sideways = np.eye(4)
    sideways[:3, 3] = [0.0, -1.5, 0.25]
    there = around(bite=8.05, ways=Movements(None, (Way("left", 1.0, sideways),)))
    made = arrange(Form(ball([0, 0, 0]), np.ones(2562)), there, ContactsWanted(stops=1, guidance="none"))
    assert [i.movement for i in made.before] == ["left"]
    assert made.before[0].overlap_um > 30
    assert max((i.overlap_um for i in made.after), default=0.0) < 5
    assert made.contacts[-1].made_um == pytest.approx(made.contacts[-1].asked_um, abs=10)
    assert any("stood in the way" in note for note in made.notes)


def test_the_same_input_gives_the_same_form():
    form = Form(ball([0, 0, 0]), np.ones(2562))
    first, second = arrange(form, around()), arrange(form, around())
    assert np.array_equal(first.form.mesh.vertices, second.form.mesh.vertices)


def test_without_a_bite_there_are_no_movements(mouth):
    landscape, _, _, _ = mouth
    assert movements(landscape.model_copy(update={"bite": None})) is None
