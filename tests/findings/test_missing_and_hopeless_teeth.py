import numpy as np

from oral_architect.findings import FindingsSettings, run
from oral_architect.findings.thresholds import rows
from oral_architect.geometry import Mesh

from .mouth import build

FEW = (14, 15, 16, 24)


def test_a_missing_tooth_is_a_finding_but_a_third_molar_never():
    landscape, _ = build(teeth=FEW)
    upper = landscape.arches[0].model_copy(update={"missing": (13, 18)})
    findings = run(landscape.model_copy(update={"arches": (upper, landscape.arches[1])}))
    assert [(f.fdi, f.kind, f.restore) for f in findings.items] == [(13, "missing", False)]


def test_a_scrap_of_a_crown_is_not_compared_and_harms_nobody():
    landscape, _ = build(teeth=FEW)
    scrap = landscape.crown(15).part(np.arange(len(landscape.crown(15).faces)) < 20)[0]
    findings = run(landscape.model_copy(update={"shapes": {**landscape.shapes, "crown_15": scrap}}))
    assert findings.compared == (14, 16, 24)


def test_an_empty_mouth_has_empty_findings():
    landscape, _ = build(teeth=())
    findings = run(landscape, FindingsSettings(use_twin=False))
    assert findings.items == ()
    assert findings.compared == ()


def test_the_same_mouth_gives_the_same_bytes():
    landscape, _ = build(teeth=(14, 24))
    first, second = run(landscape), run(landscape)
    assert first.model_dump_json() == second.model_dump_json()
    for key, mesh in first.shapes.items():
        assert isinstance(mesh, Mesh)
        assert mesh.vertices.tobytes() == second.shapes[key].vertices.tobytes()


def test_every_threshold_says_where_it_comes_from():
    for row in rows():
        assert row.source
        assert row.standing in {"chosen", "read", "secondary", "recalled", "computed"}
        assert np.isfinite(row.need("value"))
