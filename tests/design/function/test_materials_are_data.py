import pytest

from oral_architect.design.document import Check
from oral_architect.design.estimates import rows
from oral_architect.design.function import summary, worst_first
from oral_architect.design.function.judging import DOES_NOT_APPLY, NOT_EVALUATED
from oral_architect.design.materials import least_border, material, materials_for, strength_needed, tool_radius
from oral_architect.errors import SettingsError
from oral_architect.reference import table

REGIONS = ("occlusal", "incisal", "cusp", "fissure", "axial", "margin")


def test_every_region_named_leads_to_a_limit_with_a_source():
    for row in rows("material_regions"):
        fdi = {"anterior": 11, "posterior": 16, "": 16}[row.cells["site"]]
        limit = material(row.cells["material"], row.cells["kind"]).wall(row.cells["region"], fdi)
        assert limit is not None
        assert limit.value > 0
        assert limit.source
        assert limit.standing
        assert limit.unit == "mm"


def test_limits_are_those_of_the_tables():
    published = {float(r.cells["min_mm"]) for r in table("thickness_limits") if r.cells["min_mm"]}
    for kind in ("crown", "onlay", "inlay", "veneer", "pontic"):
        for one in materials_for(kind):
            found = {limit.value for r in REGIONS if (limit := one.wall(r, 16))}
            assert found <= published


def test_front_and_back_teeth_can_differ():
    zirconia = material("Zirconia 4Y/5Y monolithic", "crown")
    assert zirconia.wall("axial", 11).value < zirconia.wall("axial", 16).value


def test_connectors_depend_on_place_and_span():
    zirconia = material("Zirconia 3Y (Ceramill ZI)", "bridge")
    assert zirconia.connector(12).value == 7
    assert zirconia.connector(46).value == 9
    assert zirconia.connector(46, 2).value == 12
    assert zirconia.connector(46, cantilever=True).value == 12
    assert material("Leucite GC Initial LRF", "crown").connector(46) is None


def test_strength_rises_with_what_is_to_be_borne():
    assert strength_needed("crown", 11).value < strength_needed("bridge", 46, 3).value
    assert strength_needed("bridge", 46, 3).value < strength_needed("bridge", 46, 5).value
    assert tool_radius().value > 0
    assert least_border().value > 0


def test_a_material_that_is_not_offered_is_refused_with_those_that_are():
    with pytest.raises(SettingsError, match=r"There is: .*IPS e\.max"):
        material("Gold", "crown")


def check(name, verdict, note=""):
    return Check(
        check=name,
        value=1.0,
        limit=2.0,
        unit="mm",
        source="a book",
        standing="read",
        verdict=verdict,
        fdi=16,
        note=note,
    )


def test_checks_are_read_worst_first():
    given = [
        check("a", "pass"),
        check("b", "pass", f"{DOES_NOT_APPLY}why"),
        check("c", "warn", f"{NOT_EVALUATED}why"),
        check("d", "warn"),
        check("e", "fail"),
    ]
    assert [c.check for c in worst_first(given)] == ["e", "d", "c", "a", "b"]
    lines = summary(given).splitlines()
    assert lines[0] == "1 failed, 2 to look at, 2 passed"
    assert lines[1].startswith("FAIL  16 e")
    assert "limit 2 mm (a book; read)" in lines[1]
    assert len(lines) == 6
