"""A plan file is read strictly and kindly: what is wrong is named with its line and the nearest name there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.design.materials import material_for, materials
from oral_architect.design.plan import FORMS, KINDS, ContactStrengths, Plan, ToothPlan, impossible
from oral_architect.design.plan_file import parse_plan, to_toml
from oral_architect.errors import SettingsError
from oral_architect.findings.document import Finding, Measure

UM = st.none() | st.floats(-50, 100).map(lambda x: round(x, 2))
VECTOR = st.tuples(*[st.floats(-80, 80).map(lambda x: round(x, 3))] * 3)
TOOTH = st.builds(
    ToothPlan,
    fdi=st.sampled_from([10 * q + p for q in (1, 2, 3, 4) for p in range(1, 9)]),
    kind=st.none() | st.sampled_from(KINDS),
    material=st.none() | st.sampled_from(materials()),
    policy=st.sampled_from([None, "thicken", "reduce", "material", "refuse"]),
    form=st.none() | st.sampled_from([*FORMS, "copy 15"]),
    contacts=st.builds(ContactStrengths, mesial_um=UM, distal_um=UM, occlusal_um=UM),
    line_points=st.lists(VECTOR, max_size=3).map(tuple),
    insertion_axis=st.none() | st.just((0.0, 0.6, -0.8)),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(TOOTH, max_size=4, unique_by=lambda tooth: tooth.fdi))
def test_a_plan_that_was_written_is_read_back_as_it_was(teeth: list[ToothPlan]) -> None:
    plan = Plan(teeth=tuple(sorted(teeth, key=lambda tooth: tooth.fdi)))
    assert parse_plan(to_toml(plan)) == plan


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[tooth.16]\nkidn = "crown"', "line 2", "Did you mean 'kind'?"),
        ("[tooth.16]\n\ncontacts.mesail_um = 3", "line 3", "Did you mean 'mesial_um'?"),
        ("[articulator]\nbennet_deg = 2", "line 2", "Did you mean 'bennett_deg'?"),
        ('\n[tooth.19]\nkind = "crown"', "line 2", "FDI 11 to 48"),
        ('[tooth.16]\nform = "copy 16"\nkind = "crwn"', "line 3", "'crown'"),
        ('[tooth.16]\nmaterial = "gold dust"', "line 2", "IPS e.max CAD (LS2)"),
        ('[tooth.16]\nform = "copy 99"', "line 2", "copy 15"),
        ("[tooth.16]\ninsertion_axis = [0, 0, 0]", "line 2", "no direction"),
        ("[tooth.16]\nkind =", "plan.toml", "not TOML"),
        ("[tooth.16]\n[tooth.17]\n[tooth.16]", "lines 1 and 3", "tooth 16 is planned twice"),
        ("tooth = 3", "plan.toml", "[tooth.16]"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_to_do(text: str, line: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_plan(text)
    assert line in caught.value.where
    assert said in str(caught.value)


def test_the_examples_of_the_guide_are_plans() -> None:
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "plan-and-edit.md"
    plans = [
        parse_plan(text) for text in re.findall(r"```toml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert {tooth.kind for plan in plans for tooth in plan.teeth} >= set(KINDS) - {"overlay"}
    assert any(plan.mouth.raise_bite_mm > 0 for plan in plans)


def finding(kind: str, fdi: int = 36) -> Finding:
    none = Measure(value=0, sd=0, unit="mm")
    return Finding.model_validate(
        {
            "fdi": fdi, "kind": kind, "surfaces": (), "lost_volume": none, "max_depth": none, "confidence": 1,
            "evidence": (), "restore": True, "reason": "",
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fdi", "found", "stands", "said"),
    [
        ("crown", 36, "missing", False, "missing; plan a pontic or a bridge"),
        ("crown", 36, None, False, "no such tooth"),
        ("pontic", 36, "cavity", True, "stands"),
        ("veneer", 36, "wear", True, "molar"),
        ("tabletop", 21, "wear", True, "no chewing surface"),
        ("inlay", 36, "prepared", True, "prepared for a crown"),
    ],
)
def test_a_kind_that_cannot_be_is_refused_with_the_reason(
    kind: str, fdi: int, found: str | None, stands: bool, said: str
) -> None:
    plan = ToothPlan.model_validate({"fdi": fdi, "kind": kind})
    assert said in impossible(plan, finding(found, fdi) if found else None, stands=stands)


def test_a_kind_that_can_be_is_not_refused() -> None:
    assert impossible(ToothPlan(fdi=36, kind="onlay"), finding("cavity"), stands=True) == ""
    assert impossible(ToothPlan(fdi=36, kind="pontic"), finding("missing"), stands=False) == ""
    assert impossible(ToothPlan(fdi=36), None, stands=False) == ""


def test_a_chosen_material_brings_its_own_rows_of_least_thickness() -> None:
    zirconia = material_for("crown", "Zirconia 3Y (Ceramill ZI)")
    assert zirconia.offered
    assert zirconia.wall("occlusal", 16).what == "single crown, occlusal/incisal"
    assert material_for("crown").name == "IPS e.max CAD (LS2)"
    assert material_for("tabletop").name == material_for("onlay").name
    assert not material_for("inlay", "Zirconia 3Y (Ceramill ZI)").has_walls(16)


def test_a_material_that_is_not_offered_for_a_kind_brings_the_walls_its_maker_names() -> None:
    for name in materials():
        for kind in ("crown", "onlay", "bridge"):
            chosen = material_for(kind, name)
            walls = [chosen.wall(region, 16) for region in ("occlusal", "axial")]
            assert all(limit is None or (limit.value > 0 and limit.source) for limit in walls)
            assert chosen.has_walls(16) or not chosen.offered
