"""The tooth chart: every tooth at its place with its measures, and those of the arches and the bite, as one SVG."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal
from xml.etree import ElementTree as Xml

from oral_architect.anatomy.document import Landscape, Measure
from oral_architect.anatomy.reading.confidence import LOW_CONFIDENCE

from .chart_slots import Look, Row, Slot, rows_of
from .figures import PLACES, TOOTH_COLUMNS, accuracy_said, called, measures_of, of_place, of_tooth, said, value_said
from .tooth_shapes import shape_of
from .wording import tooth_name

Tone = Literal["good", "notice", "bad", "new"]

WIDTH, LEFT, RIGHT = 840.0, 28.0, 812.0
MIDLINE, COLUMN = 452.0, 45.0
"""The sheet and its margins, the midline and the width of one tooth, in units of which A4 is 840 wide."""
LINE, LETTER = 20.0, 6.3
"""Height of a line and mean width of a letter."""
NUMBER_WARNING = "A person should check the number of"
"""What an arch's warning begins with that the list of doubtful teeth already says."""
SHORT = {
    "width_md": ("Width", "mesiodistal"),
    "width_bl": ("Width", "buccolingual"),
    "crown_height": ("Crown", "height"),
}
SAYS: dict[Look, str] = {
    "present": "present",
    "doubtful": "a person should look at this number",
    "missing": "missing",
    "awaited": "not seen, its milk tooth stands in its place",
    "unseen": "not seen",
}


@dataclass(frozen=True)
class Mark:
    """What a chart says of one tooth beyond its place: a finding, a plan, an outcome."""

    label: str
    """In a few words; the same words share one line of the legend."""
    tone: Tone = "notice"


def tooth_chart(
    landscape: Landscape, *, marks: Mapping[int, Mark] | None = None, title: str = "", notes: bool = True
) -> str:
    """Draw the chart of a landscape.

    The patient's right is on the viewer's left, FDI numbers (ISO 3950); the text of every drawing is also in its title,
    so that a reader who cannot see it, or tell colours apart, loses nothing.

    Parameters
    ----------
    landscape
        The mouth; one arch is enough, measures need not be there.
    marks
        What to say of a tooth, by FDI number; drawn by colour and by a sign beside the number.
    title
        Shown at the head.
    notes
        Whether the teeth a person should look at and the warnings of the arches are also listed below.

    Returns
    -------
    str
        One SVG element, self-contained; the same landscape gives the same text.
    """
    return _Sheet(landscape, dict(marks or {}), title, notes).text()


@cache
def style() -> str:
    """Return the style sheet every chart carries."""
    return (files(__package__) / "chart.css").read_text(encoding="utf-8").strip()


def embedded_style() -> str:
    """Return the text of the style element as it stands in every chart; a page's security policy names its digest."""
    return f"\n{style()}\n"


class _Sheet:
    """One chart in the making; ``y`` is how far down it has been drawn."""

    def __init__(self, landscape: Landscape, marks: dict[int, Mark], title: str, notes: bool) -> None:
        self.landscape, self.marks = landscape, marks
        self.measures = measures_of(landscape)
        self.rows = rows_of(landscape, LOW_CONFIDENCE)
        self.root = Xml.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "tooth-chart", "role": "img"})
        self.y = 0.0
        heading = _clean(title) or "Tooth chart"
        self._put(self.root, "title", text=heading)
        self._put(self.root, "desc", text=self._in_words())
        self._put(self.root, "style", text=embedded_style())
        self.sheet = self._put(self.root, "rect", {"class": "sheet", "width": _n(WIDTH)})
        self._head(heading)
        for row in self.rows:
            if row is self._first_lower():
                self._cross()
            self._row(row)
        self._legend()
        self._places()
        if notes:
            self._to_look_at()
        self._foot()

    def text(self) -> str:
        height = self.y + 24
        self.sheet.set("height", _n(height))
        self.root.set("viewBox", f"0 0 {_n(WIDTH)} {_n(height)}")
        self.root.set("width", _n(WIDTH))
        self.root.set("height", _n(height))
        for part in self.root:
            part.tail = "\n"
        self.root.text = "\n"
        return Xml.tostring(self.root, encoding="unicode") + "\n"

    def _first_lower(self) -> Row:
        return next(r for r in self.rows if r.jaw == "lower")

    def _in_words(self) -> str:
        """The chart as a sentence for who cannot see it."""
        seen = [s for row in self.rows for s in row.slots]
        parts = [f"{len(self.landscape.teeth)} teeth"]
        for look, words in (("missing", "missing"), ("doubtful", "a person should look at")):
            mine = [str(s.fdi) for s in seen if s.look == look]
            if mine:
                parts.append(f"{words}: {', '.join(mine)}")
        return "FDI tooth chart, the patient's right on the left. " + "; ".join(parts) + "."

    def _head(self, heading: str) -> None:
        lines = textwrap.wrap(heading, 52)[:2]
        for i, line in enumerate(lines):
            self._write(LEFT, 48 + 29 * i, line, "title")
        self.y = 48 + 29 * (len(lines) - 1) + 22
        teeth = len(self.landscape.teeth)
        jaws = " and ".join(a.jaw for a in self.landscape.arches) or "no"
        told = f"{teeth} {'tooth' if teeth == 1 else 'teeth'} on the {jaws} arch{'es' if ' and ' in jaws else ''}"
        self._write(LEFT, self.y, f"{told} · FDI numbers (ISO 3950) · all lengths in mm", "subtitle")
        self.y += 30
        self._write(MIDLINE - 8 * COLUMN, self.y, "Patient’s right", "flank")
        self._write(MIDLINE + 8 * COLUMN, self.y, "left", "flank", "end")
        self.y += 10

    def _cross(self) -> None:
        """The line between the jaws."""
        self._line(MIDLINE - 8 * COLUMN, self.y + 5, MIDLINE + 8 * COLUMN, self.y + 5, "median")
        self.y += 10

    def _row(self, row: Row) -> None:
        """Measures, cheek view, chewing view, number; the lower jaw the other way round."""
        columns = [c for c in TOOTH_COLUMNS if any(m.name == c for s in row.slots for m in self._of(s))]
        shapes = [shape_of(s.fdi) for s in row.slots]
        root, crown = max(s.root_height for s in shapes), max(s.crown_height for s in shapes)
        depth = max(s.half_depth for s in shapes)
        table = 34.0 * len(columns) + (8 if columns else 0)
        height = 6 + table + root + crown + 10 + 2 * depth + 6 + 24
        down = 1 if row.jaw == "upper" else -1
        edge = self.y if row.jaw == "upper" else self.y + height
        neck = edge + down * (table + 6 + root)
        chewing = neck + down * (crown + 10 + depth)
        number = chewing + down * (depth + 13)
        self._line(MIDLINE, self.y, MIDLINE, self.y + height, "median")
        for i, name in enumerate(columns if row.jaw == "upper" else reversed(columns)):
            top = self.y + 2 + 34 * i if row.jaw == "upper" else edge - table + 8 + 34 * i
            self._labels(name, top)
        if row.deciduous:
            self._write(LEFT, number + 5, "Milk teeth", "label")
        arch = next((a for a in self.landscape.arches if a.jaw == row.jaw), None)
        if arch is None:
            self._write(MIDLINE, edge + down * (root * 0.35) + 4, f"{row.jaw} arch not scanned", "label", "middle")
        for slot in row.slots:
            group = self._tooth(slot, neck, chewing, number, down)
            for i, name in enumerate(columns if row.jaw == "upper" else reversed(columns)):
                top = self.y + 2 + 34 * i if row.jaw == "upper" else edge - table + 8 + 34 * i
                measure = next((m for m in self._of(slot) if m.name == name), None)
                if measure is not None:
                    self._measure(group, slot, measure, top)
        self.y += height

    def _labels(self, name: str, top: float) -> None:
        first, second = SHORT[name]
        self._write(LEFT, top + 14, first, "label")
        self._write(LEFT, top + 27, second, "sure")

    def _tooth(self, slot: Slot, neck: float, chewing: float, number: float, down: int) -> Xml.Element:
        shape = shape_of(slot.fdi)
        x = MIDLINE + slot.centre * COLUMN
        mark = self.marks.get(slot.fdi)
        classes = " ".join(filter(None, ("tooth", slot.look, mark.tone if mark else "")))
        group = self._put(self.root, "g", {"class": classes, "data-fdi": str(slot.fdi), "role": "img"})
        name = tooth_name(slot.fdi)
        told = [f"{slot.fdi} {name}", SAYS[slot.look]]
        if slot.look == "doubtful" and slot.tooth:
            told[-1] += f" ({slot.tooth.confidence:.0%} sure)"
        told += [_clean(mark.label)] if mark else []
        told += [f"{called(m).lower()} {said(m)}" for m in self._of(slot)]
        self._put(group, "title", text="; ".join(told))
        # drawn for the upper right; left is its mirror image, and so is the lower jaw
        across = (1 if slot.centre < 0 else -1) * min(1.0, slot.width)
        flip = f"scale({_n(across)} {down})"
        cheek = self._put(group, "g", {"transform": f"translate({_n(x)} {_n(neck)}) {flip}"})
        self._put(cheek, "path", {"class": "root", "d": shape.root})
        self._put(cheek, "path", {"class": "crown", "d": shape.crown})
        above = self._put(group, "g", {"transform": f"translate({_n(x)} {_n(chewing)}) {flip}"})
        self._put(above, "path", {"class": "chewing", "d": shape.chewing})
        if slot.tooth:
            self._put(above, "path", {"class": "relief", "d": shape.relief})
        if slot.look == "missing":
            middle = neck + down * shape.crown_height / 2
            self._strike(group, x, middle, shape.half_width * slot.width, shape.crown_height / 2 + 5)
        self._write(x, number + 6, str(slot.fdi), "number", "middle", into=group)
        if slot.look == "doubtful":
            low, high = sorted((neck - down * 20, number + down * 12))
            half = slot.width * COLUMN / 2 - 1
            box = {"x": _n(x - half), "y": _n(low), "width": _n(2 * half), "height": _n(high - low), "rx": "9"}
            self._put(group, "rect", {"class": "ring", **box})
            self._write(x + half - 8, neck - down * 10 + 4, "?", "query", "middle", into=group)
        if mark:
            self._sign(group, mark.tone, x - slot.width * COLUMN / 2 + 6, number)
        return group

    def _strike(self, into: Xml.Element, x: float, y: float, across: float, down: float) -> None:
        ends = (_n(x - across), _n(x + across), _n(y - down), _n(y + down))
        left, right, top, bottom = ends
        self._put(
            into, "path", {"class": "strike", "d": f"M{left} {top}L{right} {bottom}M{right} {top}L{left} {bottom}"}
        )

    def _sign(self, into: Xml.Element, tone: Tone, x: float, y: float) -> None:
        """A form for each tone, so that colour is not needed."""
        forms = {
            "good": f"M{_n(x - 4)} {_n(y)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
            "notice": f"M{_n(x)} {_n(y - 5)}L{_n(x + 5)} {_n(y + 4)}L{_n(x - 5)} {_n(y + 4)}Z",
            "bad": f"M{_n(x - 4)} {_n(y - 4)}H{_n(x + 4)}V{_n(y + 4)}H{_n(x - 4)}Z",
            "new": f"M{_n(x)} {_n(y - 5.5)}L{_n(x + 5)} {_n(y)}L{_n(x)} {_n(y + 5.5)}L{_n(x - 5)} {_n(y)}Z",
        }
        self._put(into, "path", {"class": "sign", "d": forms[tone]})

    def _measure(self, into: Xml.Element, slot: Slot, measure: Measure, top: float) -> None:
        x = MIDLINE + slot.centre * COLUMN
        self._write(x, top + 14, value_said(measure), "value", "middle", into=into)
        self._write(x, top + 27, accuracy_said(measure), "sure", "middle", into=into)

    def _legend(self) -> None:
        """Only what occurs in this chart."""
        self.y += 26
        entries: list[tuple[str, str, Tone | None]] = []
        looks = {s.look for row in self.rows for s in row.slots}
        words: tuple[tuple[Look, str], ...] = (
            ("present", "present"),
            ("doubtful", "a person should look"),
            ("missing", "missing"),
            ("awaited", "not seen, milk tooth in place"),
            ("unseen", "not seen"),
        )
        entries += [(look, said_so, None) for look, said_so in words if look in looks]
        present = {s.fdi for row in self.rows for s in row.slots}
        told = dict.fromkeys((m.tone, _clean(m.label)) for f, m in sorted(self.marks.items()) if f in present)
        entries += [("present", label, tone) for tone, label in told]
        x = LEFT
        for look, label, tone in entries:
            width = 27 + 6.1 * len(label) + 26
            if x + width > RIGHT + 16 and x > LEFT:
                x, self.y = LEFT, self.y + 26
            self._key(x, look, label, tone)
            x += width
        self.y += 22

    def _key(self, x: float, look: str, label: str, tone: Tone | None) -> None:
        group = self._put(self.root, "g", {"class": f"key {look}{f' {tone}' if tone else ''}"})
        shape = shape_of(15)
        box = self._put(group, "g", {"transform": f"translate({_n(x + 10)} {_n(self.y - 5)}) scale(0.7)"})
        self._put(box, "path", {"class": "chewing", "d": shape.chewing})
        if look == "missing":
            self._strike(group, x + 10, self.y - 5, 9, 10)
        if look == "doubtful":
            self._write(x + 10, self.y, "?", "query", "middle", into=group)
        if tone:
            self._sign(group, tone, x + 10, self.y - 5)
        self._write(x + 27, self.y, label, "small", into=group)

    def _places(self) -> None:
        """Measures of the arches and the bite, in columns."""
        told = [(p.title, of_place(self.measures, p)) for p in PLACES]
        told = [(title, rows) for title, rows in told if rows]
        if not told:
            return
        self._line(LEFT, self.y, RIGHT, self.y, "rule")
        self.y += 28
        width = (RIGHT - LEFT - 36 * (len(told) - 1)) / len(told)
        bottom = self.y
        for i, (title, rows) in enumerate(told):
            x, y = LEFT + i * (width + 36), self.y
            self._write(x, y, title, "head")
            for measure in rows:
                y += LINE + 3
                self._write(x, y, called(measure), "line")
                if LETTER * len(called(measure) + said(measure)) > width:
                    y += LINE - 3
                self._write(x + width, y, said(measure), "line", "end")
            bottom = max(bottom, y)
        self.y = bottom + 22

    def _to_look_at(self) -> None:
        """The teeth a person should look at, then what else the anatomy stage warned of."""
        doubtful = [s for row in self.rows for s in row.slots if s.look == "doubtful" and s.tooth]
        teeth = [
            f"{s.fdi} {tooth_name(s.fdi)}, {s.tooth.confidence:.0%} sure" + "".join(f"; {n}" for n in s.tooth.notes[:1])
            for s in doubtful
            if s.tooth
        ]
        warnings = [
            f"{a.jaw.capitalize()} arch: {w}"
            for a in self.landscape.arches
            for w in a.warnings
            if not w.startswith(NUMBER_WARNING)
        ]
        for heading, lines in (("A person should look at", teeth), ("Please note", warnings)):
            if not lines:
                continue
            self._line(LEFT, self.y, RIGHT, self.y, "rule")
            self.y += 28
            self._write(LEFT, self.y, heading, "head")
            for line in lines:
                for piece in textwrap.wrap(_clean(line), 116):
                    self.y += LINE
                    self._write(LEFT, self.y, piece, "line")
            self.y += 20

    def _foot(self) -> None:
        self._line(LEFT, self.y, RIGHT, self.y, "rule")
        sure = any(m.accuracy is not None for m in self.measures)
        words = "± is the median error of this measure on synthetic mouths with known truth. " if sure else ""
        if any(m.accuracy is None for m in self.measures):
            words += "A figure without ± has no stated accuracy. "
        if any(m.name.startswith("space") for m in self.measures):
            words += "Negative space is crowding. "
        words += "Roots are drawn for orientation; a surface scan does not show them. Not a medical device."
        for piece in textwrap.wrap(words, 128):
            self.y += 18
            self._write(LEFT, self.y, piece, "small")

    def _of(self, slot: Slot) -> tuple[Measure, ...]:
        return of_tooth(self.measures, slot.fdi) if slot.tooth else ()

    def _line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self._put(self.root, "path", {"class": kind, "d": f"M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"})

    def _write(
        self, x: float, y: float, words: str, kind: str, anchor: str = "start", *, into: Xml.Element | None = None
    ) -> None:
        if not words:
            return
        place = {"class": kind, "x": _n(x), "y": _n(y)} | ({} if anchor == "start" else {"text-anchor": anchor})
        self._put(self.root if into is None else into, "text", place, _clean(words))

    @staticmethod
    def _put(
        into: Xml.Element, tag: str, attributes: dict[str, str] | None = None, text: str | None = None
    ) -> Xml.Element:
        part = Xml.SubElement(into, tag, attributes or {})
        part.text = text
        return part


def _n(value: float) -> str:
    """A coordinate with two decimals at most, no trailing zeros."""
    told = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if told == "-0" else told


def _clean(words: str) -> str:
    """What XML cannot hold (control characters, lone surrogates) becomes a replacement sign."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", words)
