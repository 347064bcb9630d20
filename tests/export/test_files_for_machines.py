"""Every file for a machine, read back, is the body that was designed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from box_tooth import block, cap, design, one_tooth
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect import programme
from oral_architect.case import Case, Settings
from oral_architect.errors import InputError, StageError
from oral_architect.export import export_shapes
from oral_architect.export.cutting import Toolpath, cut_blank, read_gcode
from oral_architect.export.laser import layer_interface, read_layer_interface
from oral_architect.export.machines import NOTES, machine_files
from oral_architect.export.masks import MANIFEST, lit_pixels, mask_stack, read_masks
from oral_architect.export.milling import Job, milled_side
from oral_architect.export.part import on_platform, overhang, ring_area, sliced
from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.closest import Surface

UP = np.array([0.0, 0.0, 1.0])
TILTED = np.array([0.3, -0.5, 0.8])


@pytest.fixture(scope="module")
def part():
    return on_platform("restoration_36", cap(radius=2.0, height=1.2), TILTED)


@pytest.fixture(scope="module")
def ring():
    """A body with a hole: slices have rings of both senses."""
    from oral_architect.geometry.solids import mesh_of, solid_of

    outer, inner = block((-2.0, -2.0, 0.0), (2.0, 2.0, 1.0)), block((-1.0, -1.0, -1.0), (1.0, 1.0, 2.0))
    return on_platform("ring", mesh_of(solid_of(outer) - solid_of(inner))[0], UP)


def test_a_part_stands_in_the_machines_corner_and_finds_its_way_back(part):
    assert part.mesh.vertices.min(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    back = part.mesh.transformed(np.linalg.inv(part.from_patient))
    assert np.abs(back.vertices - cap(radius=2.0, height=1.2).vertices).max() < 1e-9
    assert part.from_patient[:3, :3] @ TILTED / np.linalg.norm(TILTED) == pytest.approx(UP)


@pytest.mark.parametrize("thickness_mm", [0.05, 0.1])
def test_slices_hold_the_volume(part, thickness_mm):
    volume = sum(one.area_mm2 * (one.top_mm - one.bottom_mm) for one in sliced(part, thickness_mm))
    assert volume == pytest.approx(part.mesh.volume_mm3, rel=2e-3)


def test_masks_read_back_are_the_body_to_a_pixel(part):
    stack = read_masks(mask_stack(part, thickness_mm=0.05, pixel_mm=0.05, notes={}))
    assert stack.volume_mm3 == pytest.approx(part.mesh.volume_mm3, rel=5e-3)
    lit = np.argwhere(stack.lit)
    middles = np.column_stack([(lit[:, 2] + 0.5) * 0.05, (lit[:, 1] + 0.5) * 0.05, stack.tops_mm[lit[:, 0]] - 0.025])
    # inside is negative; half a voxel's diagonal is all that may stand out
    assert Surface(part.mesh).signed_distance_mm(middles).max() < 0.05


def test_a_mask_that_was_changed_is_refused(part):
    files = mask_stack(part, thickness_mm=0.3, pixel_mm=0.2, notes={"material": "composite"})
    assert json.loads(files[MANIFEST])["material"] == "composite"
    with pytest.raises(InputError, match="missing or was changed"):
        read_masks({**files, "00001.png": files["00000.png"]})
    with pytest.raises(InputError, match="no stack of masks"):
        read_masks({})


@settings(deadline=None, max_examples=50)
@given(
    centre=st.tuples(st.floats(2, 8), st.floats(2, 8)),
    radii=st.lists(st.floats(0.5, 4), min_size=3, max_size=9),
)
def test_pixels_are_lit_where_their_middle_is_inside(centre, radii):
    angle = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    star = np.asarray(centre) + np.column_stack([np.cos(angle), np.sin(angle)]) * np.asarray(radii)[:, None]
    lit = lit_pixels((star,), (10, 10), 1.0)
    for row, column in np.ndindex(10, 10):
        x, y = column + 0.5, row + 0.5
        inside = False
        for (x0, y0), (x1, y1) in zip(star, np.roll(star, -1, axis=0), strict=True):
            if (y0 > y) != (y1 > y) and x > x0 + (y - y0) * (x1 - x0) / (y1 - y0) + 1e-9:
                inside = not inside
        crossing = [
            abs(x - (x0 + (y - y0) * (x1 - x0) / (y1 - y0)))
            for (x0, y0), (x1, y1) in zip(star, np.roll(star, -1, axis=0), strict=True)
            if (y0 > y) != (y1 > y)
        ]
        if not crossing or min(crossing) > 1e-6:
            assert lit[row, column] == inside


def test_the_layer_interface_read_back_has_every_ring_to_a_micrometre(ring):
    written = sliced(ring, 0.25)
    back = read_layer_interface(layer_interface(ring, thickness_mm=0.25))
    assert [one.top_mm for one in back] == pytest.approx([one.top_mm for one in written])
    for one, other in zip(back, written, strict=True):
        assert len(one.rings) == 2
        assert one.area_mm2 == pytest.approx(12.0, abs=0.01)
        for a, b in zip(one.rings, other.rings, strict=True):
            assert np.abs(a - b).max() <= 0.0005 + 1e-9
            assert (ring_area(a) > 0) == (ring_area(b) > 0)


def test_holes_are_told_from_outlines_in_the_layer_interface(ring):
    text = layer_interface(ring, thickness_mm=0.5).decode()
    directions = [line.split(",")[1] for line in text.splitlines() if line.startswith("$$POLYLINE")]
    assert sorted(directions) == ["0", "0", "1", "1"]


def test_what_is_no_layer_interface_is_refused():
    with pytest.raises(InputError, match="not an ASCII CLI"):
        read_layer_interface(b"solid x")
    with pytest.raises(InputError, match="line 3"):
        read_layer_interface(b"$$ASCII\n$$UNITS/1\n$$GEOMETRYSTART\n$$LAYER/1\n$$POLYLINE/1,1,3,0,0,1,1\n")


def test_the_slices_of_a_package_are_read_by_the_3mf_consortiums_library(ring):
    import lib3mf

    from oral_architect.export.slice_package import slice_package

    content = slice_package([ring], {"ring": 'glass & "ceramic"'}, thickness_mm=0.25)
    assert content == slice_package([ring], {"ring": 'glass & "ceramic"'}, thickness_mm=0.25)
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromBuffer(content)
    assert reader.GetWarningCount() == 0
    stacks = model.GetSliceStacks()
    assert stacks.Count() == 1
    stacks.MoveNext()
    stack = stacks.GetCurrentSliceStack()
    volume, bottom = 0.0, stack.GetBottomZ()
    for k in range(stack.GetSliceCount()):
        one = stack.GetSlice(k)
        points = np.array([tuple(v.Coordinates) for v in one.GetVertices()])
        rings = [points[one.GetPolygonIndices(n)[:-1]] for n in range(one.GetPolygonCount())]
        volume += sum(map(ring_area, rings)) * (one.GetZTop() - bottom)
        bottom = one.GetZTop()
    assert volume == pytest.approx(12.0, abs=1e-3)
    meshes = model.GetMeshObjects()
    meshes.MoveNext()
    assert meshes.GetCurrentMeshObject().GetTriangleCount() == len(ring.mesh.faces)


@pytest.mark.parametrize("up", [UP, -UP, TILTED])
def test_what_is_milled_never_cuts_into_the_design_and_leaves_little(up):
    pytest.importorskip("opencamlib", reason="tool heights come from OpenCAMLib")
    part = on_platform("cap", cap(radius=2.0, height=1.2), up)
    job = Job.of_the_house()
    left = cut_blank(read_gcode(milled_side(part, job)), part.size_mm, radius_mm=job.radius, cell_mm=0.1)
    surface = Surface(part.mesh)
    cells = np.argwhere(left > 0.05)
    points = np.column_stack([(cells + 0.5) * 0.1, left[left > 0.05]])
    away = surface.signed_distance_mm(points)
    assert away.min() > -0.003
    # seen from above; walls and what lies under them are the other side's
    inner = part.mesh.vertices[:, :2].mean(axis=0)
    middle = np.linalg.norm(points[:, :2] - inner, axis=1) < 1.0
    assert np.percentile(away[middle], 95) < 0.02


def test_a_design_that_is_cut_into_is_seen():
    path = Toolpath(np.array([[1.0, 1.0, 2.0], [1.0, 1.0, 0.4]]), np.array([False, True]))
    left = cut_blank(path, np.array([2.0, 2.0, 1.0]), radius_mm=0.5, cell_mm=0.1)
    assert left.min() == pytest.approx(0.4, abs=0.01)
    assert left.max() == 1.0


def test_a_move_in_the_air_through_material_is_refused():
    path = read_gcode(b"G21 G90\nG0 X0 Y0 Z2\nG0 X1 Y1 Z0.5\n")
    with pytest.raises(StageError, match="a move in the air ends in material"):
        cut_blank(path, np.array([2.0, 2.0, 1.0]), radius_mm=0.5, cell_mm=0.1)
    with pytest.raises(StageError, match="below the platform"):
        cut_blank(read_gcode(b"G1 X0 Y0 Z-1"), np.array([2.0, 2.0, 1.0]), radius_mm=0.5, cell_mm=0.1)


@pytest.mark.parametrize("line", [b"G20", b"G91", b"G2 X1 Y1 I1", b"M98 P1"])
def test_gcode_that_is_not_understood_is_not_guessed_at(line):
    with pytest.raises(InputError, match="is not known"):
        read_gcode(line)


def test_overhangs_are_measured():
    table = concatenate([block((0, 0, 0), (1, 1, 1.0)), block((-1, -1, 1.0), (2, 2, 1.5))])
    hanging = overhang(on_platform("table", table, UP), 45.0)
    assert hanging.area_mm2 == pytest.approx(1.0 + 9.0)
    assert hanging.steepest_deg == 0.0


def test_an_open_body_is_refused_by_name():
    body = cap()
    with pytest.raises(StageError, match="restoration_36: it is no closed body"):
        machine_files(design({36: Mesh(body.vertices, body.faces[1:])}), "cli")


@pytest.mark.parametrize("form", ["masks", "cli", "slices"])
def test_the_same_design_gives_the_same_files_with_notes(form):
    made = design({36: cap(radius=1.0, height=0.6)})
    files = machine_files(made, form)
    assert files == machine_files(made, form)
    notes = json.loads(files[NOTES])["restoration_36"]
    assert notes["material"] == "composite"
    assert "support" in notes["support"]


def test_a_case_is_exported_for_machines_and_as_a_programme(tmp_path):
    land, made = one_tooth()
    case = Case.create(tmp_path / "case")
    for stage, document in (("anatomy", land), ("design", made), ("programme", programme.run(land, made))):
        case.run_stage(stage, lambda settings, made=document: made, {}, Settings())
    written = export_shapes(case, "masks", tmp_path / "masks")
    assert (tmp_path / "masks" / "restoration_36" / MANIFEST) in written
    (package,) = export_shapes(case, "programme", tmp_path / "out")
    assert programme.from_package(package.read_bytes()).teeth[0].fdi == 36
