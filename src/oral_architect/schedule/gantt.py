"""The picture of a session plan: a row a tooth and a row for each person and device, over minutes, as one SVG."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from xml.etree import ElementTree as Xml

from .document import PlannedStep, SessionPlan

WIDTH, LEFT, RIGHT = 960.0, 150.0, 936.0
ROW, BAR = 26.0, 18.0
"""Height of a row and of a bar in it."""
TICKS_MIN = (1, 2, 5, 10, 15, 30, 60)
MOST_TICKS = 14
WORDS = {
    "numb": "anaesthetic",
    "isolate": "isolate",
    "remove": "remove",
    "prepare": "prepare",
    "deposit": "lay",
    "cure": "cure",
    "finish": "finish",
    "check": "check",
}


def gantt(plan: SessionPlan, *, title: str = "Session plan") -> str:
    """Draw a plan.

    Every bar's title says in words what it is, for who cannot see it or tell colours apart. The warmth behind a
    tooth's bars is the time its heat is taken to last.

    Returns
    -------
    str
        One SVG element, self-contained, for light and dark; the same plan gives the same text.
    """
    return _Chart(plan, title).text()


@cache
def style() -> str:
    """Return the style sheet of the picture."""
    return (files(__package__) / "gantt.css").read_text(encoding="utf-8").strip()


class _Chart:
    """One picture in the making; ``y`` is how far down it has been drawn."""

    def __init__(self, plan: SessionPlan, title: str) -> None:
        self.plan = plan
        self.scale = (RIGHT - LEFT) / max(1, plan.session_s)
        self.root = Xml.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "visit-chart", "role": "img"})
        self._put("title", text=title)
        self._put("desc", text=self._in_words())
        self._put("style", text=f"\n{style()}\n")
        self.sheet = self._put("rect", {"class": "sheet", "width": _n(WIDTH)})
        self._write(24, 40, title, "title")
        self._write(24, 62, self._in_words(), "quiet")
        self._legend(86)
        self.y = 122.0
        self.top = self.y
        self._rows("Teeth", {f"{fdi}": [s for s in plan.steps if s.fdi == fdi] for fdi in _teeth(plan)}, heat=True)
        self._rows("People and devices", {name: [s for s in plan.steps if name in s.uses] for name in _held(plan)})
        self._over_all()

    def text(self) -> str:
        height = self.y + 40
        self.sheet.set("height", _n(height))
        self.root.set("viewBox", f"0 0 {_n(WIDTH)} {_n(height)}")
        self.root.set("width", _n(WIDTH))
        self.root.set("height", _n(height))
        Xml.indent(self.root, space="")
        return Xml.tostring(self.root, encoding="unicode") + "\n"

    def _in_words(self) -> str:
        plan = self.plan
        best = "proved shortest" if plan.gap == 0 else f"at most {plan.gap:.0%} longer than the shortest"
        return (
            f"{len(_teeth(plan))} teeth, {len(plan.steps)} steps, {_minutes(plan.session_s)} ({best}); "
            f"profile {plan.profile}; rate gap {plan.rate_gap:,.0f}"
        )

    def _legend(self, y: float) -> None:
        phases = [phase for phase in WORDS if any(s.phase == phase for s in self.plan.steps)]
        x = 24.0
        for phase in phases:
            self._put("rect", {"class": phase, "x": _n(x), "y": _n(y - 10), "width": "12", "height": "12", "rx": "2"})
            self._write(x + 17, y, WORDS[phase], "quiet")
            x += 34 + 7.2 * len(WORDS[phase])

    def _rows(self, head: str, rows: dict[str, list[PlannedStep]], *, heat: bool = False) -> None:
        self._write(24, self.y + 4, head, "head")
        self.y += 14
        for number, (name, steps) in enumerate(rows.items()):
            if number % 2 == 0:
                self._box("band", LEFT, self.y, RIGHT - LEFT, ROW)
            self._write(LEFT - 10, self.y + ROW / 2 + 4, name, "row")
            for step in steps:
                if heat and step.cools_until_s is not None:
                    end_s = min(step.cools_until_s, self.plan.session_s)
                    self._box("heat", self._x(step.start_s), self.y, (end_s - step.start_s) * self.scale, ROW)
                self._bar(step)
            self.y += ROW
        self.y += 18

    def _bar(self, step: PlannedStep) -> None:
        shade = " done" if step.state == "done" else ""
        bar = self._box(
            f"step {step.phase}{shade}",
            self._x(step.start_s),
            self.y + (ROW - BAR) / 2,
            (step.end_s - step.start_s) * self.scale,
            BAR,
        )
        bar.set("rx", "2")
        told = f"{step.name}: {_minutes(step.start_s)} to {_minutes(step.end_s)}, {', '.join(step.uses)}, {step.state}"
        Xml.SubElement(bar, "title").text = told

    def _over_all(self) -> None:
        bottom = self.y - 12
        for start_s, end_s in self.plan.breaks_s:
            rest = self._box("break", self._x(start_s), self.top, (end_s - start_s) * self.scale, bottom - self.top)
            Xml.SubElement(rest, "title").text = f"break: {_minutes(start_s)} to {_minutes(end_s)}"
        total_min = self.plan.session_s / 60
        step_min = next((t for t in TICKS_MIN if total_min / t <= MOST_TICKS), TICKS_MIN[-1])
        for minute in range(0, int(total_min) + 1, step_min):
            x = self._x(minute * 60)
            self._line("hair", x, self.top, bottom)
            self._write(x, bottom + 18, f"{minute}", "tick")
        self._write(LEFT - 10, bottom + 18, "min", "row")
        if self.plan.now_s:
            self._line("now", self._x(self.plan.now_s), self.top - 6, bottom)

    def _x(self, time_s: float) -> float:
        return LEFT + time_s * self.scale

    def _box(self, kind: str, x: float, y: float, width: float, height: float) -> Xml.Element:
        place = {"x": _n(x), "y": _n(y), "width": _n(max(width, 0.5)), "height": _n(height)}
        return self._put("rect", {"class": kind, **place})

    def _line(self, kind: str, x: float, top: float, bottom: float) -> None:
        self._put("line", {"class": kind, "x1": _n(x), "x2": _n(x), "y1": _n(top), "y2": _n(bottom)})

    def _write(self, x: float, y: float, text: str, kind: str) -> None:
        self._put("text", {"class": kind, "x": _n(x), "y": _n(y)}, text)

    def _put(self, tag: str, attributes: dict[str, str] | None = None, text: str | None = None) -> Xml.Element:
        element = Xml.SubElement(self.root, tag, attributes or {})
        element.text = text
        return element


def _teeth(plan: SessionPlan) -> list[int]:
    return sorted({step.fdi for step in plan.steps if step.fdi is not None})


def _held(plan: SessionPlan) -> list[str]:
    return sorted({name for step in plan.steps for name in step.uses})


def _minutes(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02d} min"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
