"""Measures of arches and the bite come out as constructed."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.measure.arch_curve import arch_curve, space
from oral_architect.anatomy.measure.arch_form import arch_widths, curve_of_spee, curve_of_wilson, midline
from oral_architect.anatomy.measure.arch_frame import arch_frame
from oral_architect.anatomy.measure.bolton import bolton
from oral_architect.anatomy.measure.marks import Marks
from oral_architect.anatomy.measure.overlap import overjet_and_overbite
from oral_architect.anatomy.measure.relation import midlines, molar_and_canine_relation
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw

WIDTHS = {1: 8.0, 2: 6.5, 3: 7.5, 4: 7.0, 5: 7.0, 6: 10.0, 7: 10.0}
RADIUS_MM = 25.0


def ideal(
    jaw: Jaw, *, spee_mm: float = 0.0, shrink: float = 1.0, shift: tuple[float, float, float] = (0, 0, 0)
) -> Marks:
    """Teeth side by side along a half circle, contacts on the line, cusps above it; shrink crowds them."""
    found, widths, mesial = {}, {}, {}
    for left in (False, True):
        side = 1.0 if left else -1.0
        run = 0.0
        for position, width in WIDTHS.items():
            fdi = next(t for t in numbers.arch(jaw) if numbers.position(t) == position and numbers.is_left(t) == left)

            def at(s: float, out: float = 0.0, up: float = 0.0, side: float = side) -> np.ndarray:
                angle = shrink * s / RADIUS_MM
                sag = -spee_mm * np.sin(np.pi * min(s / 46.0, 1.0))
                r = RADIUS_MM + out
                return np.array([side * r * np.sin(angle), -r * np.cos(angle), up + sag]) + shift

            low, middle, high = run, run + width / 2, run + width
            found[fdi, "contact_point", "mesial"] = at(low)
            found[fdi, "contact_point", "distal"] = at(high)
            if position <= 2:
                found[fdi, "incisal_edge", "midpoint"] = at(middle)
            elif position == 3:
                found[fdi, "cusp_tip", "tip"] = at(middle)
            elif position <= 5:
                found[fdi, "cusp_tip", "buccal"] = at(middle)
            else:
                found[fdi, "cusp_tip", "mesiobuccal"] = at(low + 2.5)
                found[fdi, "cusp_tip", "distobuccal"] = at(high - 2.5)
                found[fdi, "cusp_tip", "mesiolingual"] = at(low + 2.5, out=-6.0, up=-0.6)
            ahead = at(middle - 0.01) - at(middle + 0.01)
            widths[fdi], mesial[fdi] = width, ahead * (1, 1, 0) / np.linalg.norm(ahead * (1, 1, 0))
            run = high
    return Marks(found, widths, mesial)


def values(measures) -> dict[str, float]:
    return {m.name: m.value for m in measures}


def moved(marks: Marks, turn: np.ndarray, shift: np.ndarray) -> Marks:
    return Marks(
        {k: turn @ p + shift for k, p in marks.points.items()},
        marks.widths_md,
        {k: turn @ v for k, v in marks.mesial.items()},
    )


def of_arch(marks: Marks, jaw: Jaw = "lower") -> dict[str, float]:
    frame = arch_frame(marks, jaw)
    assert frame is not None
    return values(
        [*arch_widths(marks, frame), *midline(marks, frame), *space(marks, frame), *curve_of_spee(marks, frame),
         *curve_of_wilson(marks, frame)]
    )  # fmt: skip


def test_a_symmetric_arch_has_its_midline_in_the_middle() -> None:
    assert of_arch(ideal("lower"))["midline_deviation"] == pytest.approx(0, abs=1e-9)


def test_teeth_side_by_side_need_the_space_they_have() -> None:
    found = of_arch(ideal("lower"))
    assert found["space_total"] == pytest.approx(0, abs=0.4)
    assert found["arch_length"] == pytest.approx(2 * (8 + 6.5 + 7.5 + 14), abs=0.4)


def test_teeth_on_too_short_an_arch_are_crowded() -> None:
    found = of_arch(ideal("lower", shrink=0.93))
    assert found["space_total"] == pytest.approx(-0.07 * 72, abs=0.5)
    assert found["space_anterior"] < -2


def test_widths_are_between_the_cusps() -> None:
    marks = ideal("upper")
    found = of_arch(marks, "upper")
    assert found["intercanine_width"] == pytest.approx(2 * RADIUS_MM * np.sin((8 + 6.5 + 3.75) / RADIUS_MM))
    assert found["intermolar_width"] == pytest.approx(2 * RADIUS_MM * np.sin(38.5 / RADIUS_MM))


@pytest.mark.parametrize("depth", [0.0, 1.5, 3.0])
def test_the_depth_of_spee_is_the_sag_of_the_arch(depth: float) -> None:
    found = of_arch(ideal("lower", spee_mm=depth))
    for side in ("left", "right"):
        assert found[f"spee_depth_{side}"] == pytest.approx(depth, abs=0.15 + 0.1 * depth)


def test_the_inclination_of_wilson_is_the_molars() -> None:
    assert of_arch(ideal("lower"))["wilson_inclination"] == pytest.approx(np.degrees(np.arctan2(0.6, 6)), abs=0.3)


def test_measures_do_not_depend_on_where_the_mouth_is() -> None:
    marks = ideal("lower", spee_mm=1.0)
    turned = moved(marks, rotation_from_vector(np.array([0.2, -0.3, 0.4])), np.array([5.0, -7, 9]))
    for name, value in of_arch(marks).items():
        assert of_arch(turned)[name] == pytest.approx(value, abs=1e-6), name


def test_the_curve_passes_the_teeth() -> None:
    marks = ideal("upper")
    curve = arch_curve(marks, "upper")
    assert curve is not None
    assert curve[0, 0] < curve[-1, 0]
    for fdi in numbers.arch("upper"):
        edge = marks.edge(fdi)
        if edge is not None:
            assert np.linalg.norm(curve - edge, axis=1).min() < 0.6


def test_an_arch_of_few_teeth_has_no_curve_and_no_frame() -> None:
    marks = ideal("upper")
    few = Marks({k: p for k, p in marks.points.items() if k[0] in (11, 12, 13)}, {}, {})
    assert arch_curve(few, "upper") is None
    assert arch_frame(few, "upper") is None


def both(shift: tuple[float, float, float]) -> Marks:
    upper, lower = ideal("upper"), ideal("lower", shift=shift)
    return Marks(upper.points | lower.points, upper.widths_md | lower.widths_md, upper.mesial | lower.mesial)


def wall(y: float, top: float) -> Mesh:
    """A labial surface at y, facing forward, up to a height."""
    corners = np.array([[-20, y, top - 10], [20, y, top - 10], [20, y, top], [-20, y, top]], dtype=float)
    return Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]]))


def test_overjet_and_overbite_are_the_steps_between_the_edges() -> None:
    marks = both((0.0, 3.0, 2.0))
    frame = arch_frame(marks, "upper")
    assert frame is not None
    front = float(np.mean([marks.points[t, "incisal_edge", "midpoint"][1] for t in (11, 21)]))
    found = values(overjet_and_overbite(marks, frame, wall(front + 2.5, 5.0)))
    assert found["overjet"] == pytest.approx(2.5)
    assert found["overbite"] == pytest.approx(2.0)


def test_an_open_bite_is_negative_and_measured_edge_to_edge() -> None:
    marks = both((0.0, 3.0, -1.0))
    frame = arch_frame(marks, "upper")
    assert frame is not None
    front = float(np.mean([marks.points[t, "incisal_edge", "midpoint"][1] for t in (11, 21)]))
    found = values(overjet_and_overbite(marks, frame, wall(front + 3.0, -1.0)))
    assert found["overbite"] == pytest.approx(-1.0)
    assert found["overjet"] == pytest.approx(3.0)


def test_midlines_are_apart_by_the_shift_of_the_lower() -> None:
    marks = both((1.2, 0.0, 0.0))
    frame = arch_frame(marks, "upper")
    assert frame is not None
    assert values(midlines(marks, frame))["midline_between_arches"] == pytest.approx(1.2)


@pytest.mark.parametrize(("back", "kind"), [(0.0, "I"), (6.0, "II"), (-6.0, "III")])
def test_the_class_follows_the_lower_arch_back_and_forth(back: float, kind: str) -> None:
    # side by side on one circle the upper mesiobuccal cusp stands over the lower's, half a molar short of the groove
    marks = both((0.0, back, 0.0))
    frame = arch_frame(marks, "upper")
    assert frame is not None
    groove = 2.5
    molars = [m for m in molar_and_canine_relation(marks, frame) if m.name == "molar_relation"]
    assert [m.fdi for m in molars] == [16, 26]
    for m in molars:
        assert m.value == pytest.approx(back * np.cos(42.0 / RADIUS_MM - np.pi / 2) + groove, abs=1.2)
    if back:
        assert all(m.note.startswith(f"class {kind}:") for m in molars) or abs(molars[0].value) < 1.75


def test_bolton_is_lower_over_upper_and_says_its_norm() -> None:
    widths = {t: WIDTHS[numbers.position(t)] for t in numbers.PERMANENT if numbers.position(t) <= 7}
    widths |= {t: 0.77 * w for t, w in widths.items() if t > 30}
    found = bolton(widths)
    assert [m.name for m in found] == ["bolton_anterior", "bolton_overall"]
    assert all(m.value == pytest.approx(77.0) for m in found)
    assert "77.2" in found[0].note
    assert bolton({t: w for t, w in widths.items() if t != 12}) == []
