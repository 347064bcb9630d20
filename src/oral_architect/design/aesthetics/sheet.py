"""The smile sheet: the front teeth as seen from the front with lines and numbers, and what was judged, as one SVG."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray

from .document import Aesthetics, Observation
from .observe import FRONT

Floats = NDArray[np.float64]
Place = Callable[[Any], tuple[float, float]]
"""Smile frame, mm, to the sheet."""

WIDTH, LEFT, RIGHT = 840.0, 28.0, 812.0
"""The sheet and its margins, in units of which A4 is 840 wide."""
SHOWN = 5
"""Teeth to each side."""
MOST_SCALE = 14.0
"""Units a millimetre at most."""
LINE = 20.0
ROWS = (
    ("clinical_width", "Width, mm", 1),
    ("clinical_length", "Length, mm", 1),
    ("width_to_length", "Width to length, %", 0),
    ("apparent_share", "Share from the front, %", 1),
    ("zenith_distal", "Zenith distal of middle, mm", 1),
)
SAYS = {"pass": "within", "warn": "beyond", "fail": "beyond", "information": "no threshold"}
WORTH_TELLING = ("smile_arc_depth", "lip_parallelism", "gingival_cant", "mirror_place", "edge_below_lip", "overjet")
"""Information that stands in the list although no source judges it."""


def smile_sheet(after: Aesthetics, before: Aesthetics | None = None, *, title: str = "") -> str:
    """Draw the sheet of a smile.

    The patient's right is on the viewer's left. Every sign has a word beside it, so that colour is not needed.

    Parameters
    ----------
    after
        What is shown: as scanned, or with restorations.
    before
        As scanned, drawn dotted behind it and named in the list, where both are known.
    title
        Shown at the head.

    Returns
    -------
    str
        One SVG element, self-contained; the same assessment gives the same text.
    """
    return _Sheet(after, before, title).text()


@cache
def style() -> str:
    """Return the style sheet every smile sheet carries."""
    return (files(__package__) / "sheet.css").read_text(encoding="utf-8").strip()


class _Sheet:
    def __init__(self, after: Aesthetics, before: Aesthetics | None, title: str) -> None:
        self.after, self.before, self.title = after, before, title
        self.root = Xml.Element("svg")
        self.teeth = [t for t in after.teeth if t.fdi % 10 <= SHOWN]
        points = np.concatenate([after.arrays[f"outline_{t.fdi}"] for t in self.teeth])
        self.low, self.high = points.min(axis=0), points.max(axis=0)
        reach = max(float(np.abs(points[:, 0]).max()), 1.0)
        self.scale = min(MOST_SCALE, (RIGHT - LEFT) / 2 / reach)
        self.y = 0.0

    def text(self) -> str:
        self._head()
        self._drawing()
        self._table()
        self._judged()
        self._foot()
        height = _n(self.y + 26)
        self.root.attrib = {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "smile-sheet",
            "viewBox": f"0 0 {_n(WIDTH)} {height}",
            "width": _n(WIDTH),
            "height": height,
            "role": "img",
            "aria-label": _clean(self.title or "Smile sheet"),
        }
        look, paper = Xml.Element("style"), Xml.Element("rect", {"class": "sheet", "width": "100%", "height": "100%"})
        look.text = style()
        self.root.insert(0, paper)
        self.root.insert(0, look)
        Xml.indent(self.root, space="")
        return Xml.tostring(self.root, encoding="unicode") + "\n"

    def _head(self) -> None:
        self._write(LEFT, 46, self.title or "Smile", "title")
        restored = [t.fdi for t in self.after.teeth if t.restored]
        told = f"With {', '.join(map(str, restored))} restored as designed" if restored else "As scanned"
        if self.before is not None and restored:
            told += "; dotted: as scanned"
        self._write(LEFT, 68, f"{told}. From the front, level with the back teeth; numbers are FDI.", "subtitle")
        self.y = 68

    def _x(self, mm: float) -> float:
        return WIDTH / 2 + mm * self.scale

    def _drawing(self) -> None:
        top = self.y + 78
        base = top + float(self.high[1]) * self.scale

        def place(point: Any) -> tuple[float, float]:
            return self._x(float(point[0])), base - float(point[1]) * self.scale

        bottom = base - float(self.low[1]) * self.scale
        self._write(LEFT, top - 22, "R", "flank")
        self._write(RIGHT, top - 22, "L", "flank", "end")
        for tooth in sorted(self.teeth, key=lambda t: (-(t.fdi % 10), t.fdi)):
            self._tooth(tooth.fdi, tooth.restored, place)
        if self.before is not None:
            for tooth in self.before.teeth:
                if any(t.fdi == tooth.fdi and t.restored for t in self.teeth):
                    self._path(self._here(self.before, tooth.fdi), place, "before", closed=True)
        self._lines(place, top, bottom)
        self._widths(top, bottom)
        self.y = bottom + 64

    def _here(self, before: Aesthetics, fdi: int) -> Floats:
        """An outline as scanned in the frame of the restored mouth, whose level may be another."""
        flat = np.asarray(before.arrays[f"outline_{fdi}"], dtype=np.float64)
        there = np.column_stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1], np.ones(len(flat))])
        change = np.array(self.after.to_smile) @ np.linalg.inv(np.array(before.to_smile))
        return np.asarray((there @ change.T)[:, [0, 2]])

    def _tooth(self, fdi: int, restored: bool, place: Place) -> None:
        group = self._put(self.root, "g", {"class": "restored" if restored else "scanned", "data-fdi": str(fdi)})
        told = [f"{fdi}{', restored' if restored else ''}"]
        told += [f"{o.words} {_said(o)}" for o in self.after.observations if o.teeth == (fdi,)]
        self._put(group, "title", text="; ".join(told))
        self._path(self.after.arrays[f"outline_{fdi}"], place, "tooth", closed=True, into=group)

    def _lines(self, place: Place, top: float, bottom: float) -> None:
        front = [t for t in self.after.teeth if t.fdi in FRONT]
        front.sort(key=lambda t: FRONT.index(t.fdi))
        edges = [self.after.arrays[f"edge_{t.fdi}"] for t in front if f"edge_{t.fdi}" in self.after.arrays]
        for edge in edges:
            self._path(edge, place, "incisal")
        zeniths = np.array([t.zenith_mm for t in front if t.zenith_mm is not None])
        if len(zeniths) > 1:
            self._path(zeniths, place, "gingival")
        for zenith in zeniths:
            x, y = place(zenith)
            self._put(self.root, "circle", {"class": "zenith", "cx": _n(x), "cy": _n(y), "r": "3"})
        tips = np.array([t.tip_mm for t in front])
        cant = self.after.observation("incisal_cant")
        if cant is not None and cant.value is not None and len(tips) > 1:
            slope = np.tan(np.radians(cant.value))
            ends = np.array([tips[:, 0].min() - 3, tips[:, 0].max() + 3])
            level = tips[:, 1].mean() + slope * (ends - tips[:, 0].mean())
            self._path(np.stack([ends, level], axis=1), place, "level")
        x = self._x(0)
        self._put(self.root, "path", {"class": "median", "d": f"M{_n(x)} {_n(top - 34)}L{_n(x)} {_n(bottom + 20)}"})

    def _widths(self, top: float, bottom: float) -> None:
        """Brackets of the apparent widths above, numbers below."""
        for tooth in self.teeth:
            low, high = (self._x(x) for x in tooth.apparent_mm)
            middle = (low + high) / 2
            if tooth.fdi in FRONT:
                y = top - 14
                bracket = f"M{_n(low + 1)} {_n(y + 5)}V{_n(y)}H{_n(high - 1)}V{_n(y + 5)}"
                self._put(self.root, "path", {"class": "measure", "d": bracket})
                wide = tooth.apparent_mm[1] - tooth.apparent_mm[0]
                self._write(middle, y - 5, f"{wide:.1f}", "small", "middle")
            self._write(middle, bottom + 22, str(tooth.fdi), "number", "middle")

    def _table(self) -> None:
        columns = [t for t in sorted(self.teeth, key=lambda t: t.tip_mm[0]) if t.fdi in FRONT]
        first, step = 262.0, (RIGHT - 262.0 - 30) / max(len(FRONT) - 1, 1)
        at = {t.fdi: first + step * FRONT.index(t.fdi) for t in columns}
        self._rule()
        for fdi, x in at.items():
            self._write(x, self.y, str(fdi), "number", "middle")
        for name, label, digits in ROWS:
            self.y += LINE + 2
            self._write(LEFT, self.y, label, "line")
            for fdi, x in at.items():
                found = self.after.observation(name, fdi)
                if found is not None and found.value is not None:
                    self._write(x, self.y, f"{found.value:.{digits}f}", "value", "middle")
        self.y += 24

    def _judged(self) -> None:
        told = [o for o in self.after.observations if o.verdict != "information" or o.name in WORTH_TELLING]
        if not told:
            return
        self._rule()
        self._write(LEFT, self.y, "What was judged", "head")
        self._write(RIGHT, self.y, "threshold and source", "label", "end")
        for o in told:
            self.y += LINE
            self._sign(o)
            self._write(LEFT + 20, self.y, o.words[:1].upper() + o.words[1:], "line")
            self._write(500, self.y, self._with_before(o), "value", "end")
            source = "none that was read" if o.limit is None else f"{_limit(o)}, {o.source.split(',')[0]}"
            self._write(512, self.y, SAYS[o.verdict], "label")
            self._write(RIGHT, self.y, textwrap.shorten(source, 36, placeholder="…"), "small", "end")
        self.y += 20

    def _with_before(self, o: Observation) -> str:
        old = None if self.before is None else self.before.observation(o.name, *o.teeth)
        if old is None or old.value is None or o.value is None or abs(old.value - o.value) < 0.05:
            return _said(o)
        return f"{_number(old.value)} → {_said(o)}"

    def _sign(self, o: Observation) -> None:
        x, y = LEFT + 7, self.y - 4.5
        forms = {
            "pass": f"M{_n(x - 4)} {_n(y)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
            "warn": f"M{_n(x)} {_n(y - 5)}L{_n(x + 5)} {_n(y + 4)}L{_n(x - 5)} {_n(y + 4)}Z",
            "fail": f"M{_n(x - 4)} {_n(y - 4)}H{_n(x + 4)}V{_n(y + 4)}H{_n(x - 4)}Z",
            "information": f"M{_n(x - 3.5)} {_n(y)}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z",
        }
        self._put(self.root, "path", {"class": f"sign {o.verdict}", "d": forms[o.verdict]})

    def _foot(self) -> None:
        lines = [] if self.after.shade is None else [f"Shade: {self.after.shade.words}."]
        lines += [*self.after.warnings]
        self._rule()
        for words in lines:
            for piece in textwrap.wrap(_clean(words), 116):
                self._write(LEFT, self.y, piece, "line")
                self.y += LINE
        words = (
            "Blue: incisal edges, their level, the arch's own midline. Red: gingival zeniths. Widths above are as seen "
            "from the front. Thresholds are what raters accept, not what is healthy; a recalled figure never judges. "
        )
        if any(o.uncertainty is not None for o in self.after.observations):
            words += "± is the median error of a measure on synthetic mouths with known truth. "
        for piece in textwrap.wrap(words + "Not a medical device.", 128):
            self._write(LEFT, self.y, piece, "small")
            self.y += 18

    def _rule(self) -> None:
        self._put(self.root, "path", {"class": "rule", "d": f"M{_n(LEFT)} {_n(self.y)}H{_n(RIGHT)}"})
        self.y += 28

    def _path(
        self, points: Floats, place: Place, kind: str, *, closed: bool = False, into: Xml.Element | None = None
    ) -> None:
        steps = "L".join("{} {}".format(*map(_n, place(p))) for p in points)
        told = {"class": kind, "d": f"M{steps}{'Z' if closed else ''}"}
        self._put(self.root if into is None else into, "path", told)

    def _write(self, x: float, y: float, words: str, kind: str, anchor: str = "start") -> None:
        if words:
            where = {"class": kind, "x": _n(x), "y": _n(y)} | ({} if anchor == "start" else {"text-anchor": anchor})
            self._put(self.root, "text", where, _clean(words))

    @staticmethod
    def _put(
        into: Xml.Element, tag: str, attributes: dict[str, str] | None = None, text: str | None = None
    ) -> Xml.Element:
        part = Xml.SubElement(into, tag, attributes or {})
        part.text = None if text is None else _clean(text)
        return part


def _said(o: Observation) -> str:
    if o.value is None:
        return "not measured"
    sure = "" if o.uncertainty is None else f" ± {_number(o.uncertainty)}"
    return f"{_number(o.value)}{sure}{'' if o.unit == 'ratio' else f' {_UNITS.get(o.unit, o.unit)}'}"


_UNITS = {"deg": "°"}


def _limit(o: Observation) -> str:
    norm = next((n for n in o.norms if o.limit in (n.low, n.high) and n.rule != "compare"), None)
    unit = _UNITS.get(o.unit, o.unit)
    if norm is not None and norm.rule == "within":
        return f"{norm.low:g} to {norm.high:g} {unit}"
    return f"at most {o.limit:g} {unit}"


def _number(value: float) -> str:
    told = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return told[1:] if float(told) == 0 and told.startswith("-") else told


def _n(value: float) -> str:
    """A coordinate with one decimal at most, no trailing zeros."""
    told = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if told == "-0" else told


def _clean(words: str) -> str:
    """What XML cannot hold (control characters, lone surrogates) becomes a replacement sign."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", words)
