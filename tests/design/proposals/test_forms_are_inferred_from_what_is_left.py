import numpy as np
import pytest
from tests.findings.mouth import build

from oral_architect.design.proposals import ProposalSettings, propose
from oral_architect.errors import SettingsError, StageError
from oral_architect.findings.fit import closure
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.teeth.shape_model import crown_model

TEETH = (13, 14, 15, 16, 17, 25)
FDI = 15


@pytest.fixture(scope="module")
def mouth():
    landscape, truths = build(teeth=TEETH, seed=5, axis_error_rad=0.03)
    return landscape, truths[FDI]


def _without(landscape, *gone):
    shapes = {k: m for k, m in landscape.shapes.items() if k not in {f"crown_{t}" for t in gone}}
    teeth = tuple(t for t in landscape.teeth if t.fdi not in gone)
    return landscape.model_copy(update={"shapes": shapes, "teeth": teeth})


def _finish_line(truth, landscape):
    rim = truth.closed.vertices[crown_model(FDI).margin] + 0.3 * np.asarray(landscape.tooth(FDI).axes[2])
    return Surface(truth.shell).nearest(rim).points


def _rms(truth, proposal):
    return float(np.sqrt(np.mean(Surface(proposal.outer).nearest(truth.shell.vertices).distance_mm ** 2)))


@pytest.fixture(scope="module")
def crowns(mouth):
    landscape, truth = mouth
    line = _finish_line(truth, landscape)
    forms = ("inferred", "mirror", "library", "copy", "smooth")
    return line, propose(_without(landscape, FDI), FDI, finish_line=line, wanted=forms)


def test_a_prepared_tooth_gets_a_form_near_its_own(mouth, crowns):
    assert _rms(mouth[1], crowns[1][0]) < 0.4


def test_inference_is_nearer_than_the_plain_forms(mouth, crowns):
    rms = {p.name: _rms(mouth[1], p) for p in crowns[1]}
    assert rms["inferred"] < min(rms["library"], rms["copy"], rms["smooth"])


def test_every_form_asked_for_is_closed_and_says_how_it_differs(crowns):
    _, made = crowns
    assert [p.name for p in made] == ["inferred", "mirror", "library", "copy", "smooth"]
    assert all(p.outer.is_watertight and p.outer.volume_mm3 > 0 for p in made)
    assert made[0].differs == ""
    assert all("inferred" in p.differs and p.why for p in made[1:])


def test_the_neck_runs_through_the_finish_line_and_the_base_lies_below(mouth, crowns):
    landscape, _ = mouth
    line, (inferred, *_) = crowns
    wall, _ = inferred.outer.part(~inferred.closed[inferred.outer.faces].all(axis=1))
    assert Surface(wall).nearest(line).distance_mm.max() < 0.1
    up = np.asarray(landscape.tooth(FDI).axes[2])
    assert (inferred.outer.vertices[inferred.closed] @ up).mean() < (line @ up).mean()


def test_a_form_lies_outside_the_ground_tooth(mouth):
    landscape, truth = mouth
    line = _finish_line(truth, landscape)
    shell = landscape.crown(FDI)
    stump = Mesh(shell.vertices - 0.8 * shell.vertex_normals, shell.faces)
    ground = landscape.model_copy(update={"shapes": {**landscape.shapes, f"crown_{FDI}": stump}})
    told = propose(ground, FDI, finish_line=line)[0]
    alone = propose(_without(landscape, FDI), FDI, finish_line=line)[0]
    assert any("ground tooth" in why for why in told.why)
    assert _rms(truth, told) < _rms(truth, alone)
    up = np.asarray(landscape.tooth(FDI).axes[2])
    high = stump.vertices[stump.vertices @ up > (line @ up).max() + 0.5]
    assert np.mean(Surface(told.outer).signed_distance_mm(high) < 0) > 0.99


def test_a_broad_thin_loss_is_not_taken_for_a_smaller_tooth(mouth):
    landscape, truth = mouth
    crown, up = landscape.crown(FDI), np.asarray(landscape.tooth(FDI).axes[2])
    over = 0.6 * np.clip((crown.vertex_normals @ up - 0.1) / 0.4, 0.0, 1.0)
    eroded = Mesh(crown.vertices - over[:, None] * crown.vertex_normals, crown.faces)
    land = landscape.model_copy(update={"shapes": {**landscape.shapes, f"crown_{FDI}": eroded}})
    lost = over > 0.3
    before, after = (
        np.sqrt(np.mean(Surface(mesh).nearest(truth.shell.vertices[lost]).distance_mm ** 2))
        for mesh in (eroded, propose(land, FDI)[0].outer)
    )
    assert after < 0.5 * before


def test_uncertainty_is_small_at_the_line_and_honest_elsewhere(mouth, crowns):
    line, (inferred, *_) = crowns
    away = Surface(mouth[1].closed).nearest(inferred.outer.vertices[~inferred.closed]).distance_mm
    sd = inferred.sd_mm[~inferred.closed]
    assert np.mean(away < 2 * sd) > 0.7
    near = np.linalg.norm(inferred.outer.vertices[:, None] - line[None], axis=2).min(axis=1) < 0.2
    assert inferred.sd_mm[near].mean() < 0.5 * inferred.sd_mm[~near & ~inferred.closed].mean()


def test_a_worn_tooth_keeps_what_is_left_and_regains_what_is_lost(mouth):
    landscape, truth = mouth
    crown, up = landscape.crown(FDI), np.asarray(landscape.tooth(FDI).axes[2])
    height = crown.vertices @ up
    over = np.maximum(height - (height.max() - 1.0), 0.0)
    worn = Mesh(crown.vertices - over[:, None] * up, crown.faces)
    land = landscape.model_copy(update={"shapes": {**landscape.shapes, f"crown_{FDI}": worn}})
    told = propose(land, FDI, defect=over > 0.05)[0]
    near = Surface(told.outer).nearest(truth.shell.vertices).distance_mm
    lost = over > 0.05
    assert np.sqrt(np.mean(near[lost] ** 2)) < 0.22
    assert np.sqrt(np.mean(near[~lost] ** 2)) < 0.12
    seen = propose(land, FDI)[0]
    before = np.sqrt(np.mean(Surface(worn).nearest(truth.shell.vertices[lost]).distance_mm ** 2))
    assert np.sqrt(np.mean(Surface(seen.outer).nearest(truth.shell.vertices[lost]).distance_mm ** 2)) < before


def test_the_antagonist_is_not_run_into(mouth):
    landscape, truth = mouth
    up = np.asarray(landscape.tooth(FDI).axes[2])
    top = float((truth.closed.vertices @ up).max()) - 0.8
    side = np.cross(up, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    other = np.cross(up, side)
    centre = truth.closed.vertices.mean(axis=0)
    centre += (top - centre @ up) * up
    grid = np.linspace(-9, 9, 19)
    u, v = np.meshgrid(grid, grid, indexing="ij")
    points = centre + u.reshape(-1, 1) * side + v.reshape(-1, 1) * other
    index = np.arange(361).reshape(19, 19)
    a, b, c, d = (index[i : i + 18 or None, j : j + 18 or None].ravel() for i, j in ((0, 0), (1, 0), (1, 1), (0, 1)))
    plate = Mesh(points, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32))
    if plate.face_normals[0] @ up > 0:
        plate = Mesh(plate.vertices, plate.faces[:, ::-1])
    line = _finish_line(truth, landscape)
    free, held = (
        propose(_without(landscape, FDI), FDI, finish_line=line, antagonist=o)[0].outer for o in (None, plate)
    )
    assert (free.vertices @ up).max() > top + 0.2
    assert (held.vertices @ up).max() < top + 0.15


def test_with_few_things_known_it_falls_back(mouth):
    landscape, truth = mouth
    line = _finish_line(truth, landscape)
    lonely = propose(_without(landscape, FDI, 13, 14, 17, 25), FDI, finish_line=line, wanted=("inferred", "mirror"))
    assert [p.name for p in lonely] == ["inferred"]
    full = propose(_without(landscape, FDI), FDI, finish_line=line)[0]
    assert _rms(truth, lonely[0]) < 0.8
    assert lonely[0].sd_mm.mean() > full.sd_mm.mean()
    bare = propose(_without(landscape, FDI), FDI)[0]
    assert bare.outer.is_watertight
    assert np.array_equal(bare.closed, closure(FDI))


def test_the_same_mouth_gives_the_same_form(mouth):
    landscape, truth = mouth
    line = _finish_line(truth, landscape)
    settings = ProposalSettings(reach=1)
    first, second = (propose(_without(landscape, FDI), FDI, finish_line=line, settings=settings)[0] for _ in range(2))
    assert np.array_equal(first.outer.vertices, second.outer.vertices)


def test_a_tooth_nobody_stands_beside_is_refused_in_plain_words(mouth):
    landscape, _ = mouth
    with pytest.raises(StageError, match="neither the tooth nor any neighbour"):
        propose(_without(landscape, *TEETH), FDI)
    with pytest.raises(SettingsError, match="not a permanent tooth"):
        propose(landscape, 55)
    with pytest.raises(SettingsError, match="no form"):
        propose(landscape, FDI, wanted=())
