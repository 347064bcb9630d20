import numpy as np
import pytest
import trimesh

from oral_architect.design.function.seating import inside_of, least_section, section_mm2
from oral_architect.geometry import Mesh

from .spheres import ball

UP = np.array([0.0, 0.0, 1.0])


def cup(top_mm, bottom_mm):
    """A closed cap over a tapering inside, opening downward; radii of the inside."""
    profile = [(bottom_mm, 0.0), (top_mm, 4.0), (0.0, 4.0), (0.0, 6.0), (6.0, 6.0), (6.0, 0.0)]
    solid = trimesh.creation.revolve(np.array([*profile, profile[0]]), sections=64)
    trimesh.repair.fix_normals(solid)
    mesh = Mesh.from_trimesh(solid.subdivide().subdivide())
    centres = mesh.vertices[mesh.faces].mean(axis=1)
    inner = (np.hypot(centres[:, 0], centres[:, 1]) < max(top_mm, bottom_mm) + 0.01) & (centres[:, 2] < 4.01)
    return mesh, inner & (centres[:, 2] > 1e-6)


def test_an_inside_that_opens_has_no_undercut_and_one_that_closes_has():
    opening, closing = inside_of(*cup(2.5, 3.0), UP), inside_of(*cup(3.0, 2.5), UP)
    assert opening.deepest_undercut()[0] == 0
    depth, at = closing.deepest_undercut()
    assert depth == pytest.approx(0.5, abs=0.12)
    assert at[2] > 3


def test_the_radius_of_a_round_inside_is_its_own():
    shell = trimesh.creation.icosphere(4, radius=1.2)
    outer = trimesh.creation.icosphere(3, radius=3.0)
    shell.invert()
    mesh = Mesh.from_trimesh(trimesh.util.concatenate([outer, shell]))
    inner = np.arange(len(mesh.faces)) >= len(outer.faces)
    inside = inside_of(mesh, inner, UP)
    assert inside.least_radius()[0] == pytest.approx(1.2, rel=0.05)


@pytest.mark.parametrize("height", [0.0, 0.5, 1.9])
def test_the_cut_of_a_box_is_its_cross_section_wherever_it_is_cut(height):
    box = Mesh.from_trimesh(trimesh.creation.box((3.0, 4.0, 4.0)).subdivide())
    assert section_mm2(box, np.array([9.0, 9.0, height]), UP) == pytest.approx(12.0)
    assert section_mm2(box, np.array([0, 0, 5.0]), UP) == 0


def test_a_connector_is_measured_where_it_is_least():
    ends = [ball([-4, 0, 0], 3.0), ball([4, 0, 0], 3.0)]
    rod = trimesh.creation.cylinder(
        1.5, 6.0, sections=96, transform=trimesh.geometry.align_vectors([0, 0, 1], [1, 0, 0])
    )
    import manifold3d

    def solid(mesh):
        return manifold3d.Manifold(manifold3d.Mesh(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32)))

    joined = solid(ends[0]) + solid(ends[1]) + solid(Mesh.from_trimesh(rod))
    data = joined.to_mesh()
    bridge = Mesh(data.vert_properties[:, :3], data.tri_verts)
    area, at = least_section(bridge, np.array([-4.0, 0, 0]), np.array([4.0, 0, 0]))
    assert area == pytest.approx(np.pi * 1.5**2, rel=0.01)
    assert abs(at[0]) < 1.6
