from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.bite.articulator import ArticulatorSettings, mount
from oral_architect.anatomy.bite.contact_map import FAR_MM, contacts_of, occlusal_distance
from oral_architect.anatomy.bite.excursions import InBite, glide, incisal_point
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, concatenate

FLAT = ArticulatorSettings(
    bonwill_arm_mm=100, bonwill_base_mm=100, balkwill_deg=0, condylar_inclination_deg=0, bennett_deg=0
)


def block(x: float, y: float, below: float, above: float, half: float = 3.0) -> Mesh:
    """A box with its middle at x, y from one height to the other, subdivided."""
    import trimesh

    box = trimesh.creation.box((2 * half, 2 * half, above - below)).subdivide().subdivide().subdivide()
    return Mesh.from_trimesh(box.apply_translation([x, y, (below + above) / 2]))


def arch(places: dict[int, tuple[float, float]], below: float, above: float) -> tuple[Mesh, np.ndarray]:
    parts = {fdi: block(*at, below, above) for fdi, at in places.items()}
    labels = np.concatenate([np.full(len(m.vertices), fdi) for fdi, m in parts.items()])
    return concatenate(list(parts.values())), labels


@pytest.fixture(scope="module")
def flat_bite() -> InBite:
    """Six blocks on six blocks, touching in the plane z = 0."""
    upper = arch({16: (-22, 15), 26: (22, 15), 13: (-15, -12), 23: (15, -12), 11: (-4, -22), 21: (4, -22)}, 0.0, 6.0)
    lower = arch({46: (-22, 15), 36: (22, 15), 43: (-15, -12), 33: (15, -12), 41: (-4, -22), 31: (4, -22)}, -6.0, 0.0)
    return InBite(upper[0], upper[1], lower[0], lower[1])


def test_the_incisal_point_lies_between_the_central_edges(flat_bite):
    assert incisal_point(flat_bite) == pytest.approx([0, -22, 0], abs=0.5)
    with pytest.raises(StageError, match="no teeth"):
        incisal_point(InBite(flat_bite.upper, flat_bite.upper_labels, flat_bite.lower, 0 * flat_bite.lower_labels))


def test_flat_blocks_on_flat_paths_glide_without_opening_and_back_teeth_interfere(flat_bite):
    articulator = mount(np.array([0.0, -22.0, 0.0]), FLAT)
    told = glide(articulator, flat_bite, "protrusion", 2.0, step_mm=1.0, overlap_mm=0.0)
    assert [p.mm for p in told.path] == [0, 1, 2]
    assert max(abs(p.opening_deg) for p in told.path) < 0.02
    assert set(told.guiding) == {31, 33, 36, 41, 43, 46}
    assert set(told.interferences) == {36, 46}
    assert np.array(told.path[-1].matrix)[:3, 3] == pytest.approx([0, -2, 0], abs=0.05)


def test_steep_condyles_part_the_back_teeth_and_the_front_ones_guide(flat_bite):
    steep = FLAT.model_copy(update={"condylar_inclination_deg": 40.0})
    told = glide(mount(np.array([0.0, -22.0, 0.0]), steep), flat_bite, "protrusion", 3.0, overlap_mm=0.0)
    assert {31, 41} <= set(told.guiding)
    assert not told.interferences
    assert told.path[-1].opening_deg < 0  # the hinge closes until the front teeth carry


def test_going_left_with_steep_condyles_frees_the_right_side(flat_bite):
    steep = FLAT.model_copy(update={"condylar_inclination_deg": 40.0})
    told = glide(mount(np.array([0.0, -22.0, 0.0]), steep), flat_bite, "left", 3.0, overlap_mm=0.0)
    assert 46 not in told.interferences
    assert 36 in told.guiding


def test_the_contact_map_is_the_signed_distance_of_each_vertex(flat_bite):
    apart = flat_bite.lower.transformed(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, -0.5], [0, 0, 0, 1.0]]))
    distance = occlusal_distance(apart, flat_bite.upper)
    tops = apart.vertices[:, 2] > -0.51
    assert distance[tops] == pytest.approx(0.5, abs=1e-5)
    assert distance.max() <= FAR_MM
    into = flat_bite.lower.transformed(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.2], [0, 0, 0, 1.0]]))
    inner = (into.vertices[:, 2] > 0.19) & (occlusal_distance(into, flat_bite.upper) < 0)
    assert inner.any()


def test_contacts_are_gathered_by_pairs_with_their_area(flat_bite):
    f = flat_bite
    contacts = contacts_of(f.lower, f.lower_labels, f.upper, f.upper_labels, 0.05)
    assert {(c.upper, c.lower) for c in contacts} == {(16, 46), (26, 36), (13, 43), (23, 33), (11, 41), (21, 31)}
    assert all(c.area_mm2 == pytest.approx(36) for c in contacts)
