"""Lines, marks and letters on a still: drawn at twice its size and laid over it, so that edges are smooth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.render import Camera, Picture

from .palette import colour

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FINE = 2
"""Pixels of the overlay along each pixel of the picture."""
LETTER = 0.021
"""Height of a number as a share of the picture's width."""
KINDS = {
    "cusp_tip": "cusp tip",
    "incisal_edge": "incisal edge",
    "central_fossa": "central fossa",
    "contact_point": "contact point",
    "fa_point": "FA point",
    "zenith": "zenith",
}


@dataclass(frozen=True, eq=False)
class Label:
    """A number and the tooth it belongs to, in pixels of the picture."""

    text: str
    points: Floats
    """``(n, 2)``: what is seen of the tooth."""
    direction: Floats
    """``(2,)``: to which side of the tooth the number goes."""
    doubtful: bool = False
    at: tuple[float, float] = (0.0, 0.0)
    in_row: bool = False

    @property
    def middle(self) -> Floats:
        """Middle of what is seen of the tooth, ``(2,)``; a corner that shows elsewhere does not move it."""
        return np.asarray(np.median(self.points, axis=0))


def place_around(labels: Sequence[Label], size: tuple[int, int], share: float = LETTER) -> tuple[Label, ...]:
    """Put each number just outside its tooth, and push apart those that would touch."""
    if not labels:
        return ()
    letter = share * size[0]
    around = np.mean([label.middle for label in labels], axis=0)
    at = np.array([_outside(label, around, 0.95 * letter) for label in labels])
    box = np.array([1.9, 1.25]) * letter
    # a fixed number of small steps: the same picture every time
    for _ in range(60):
        shift = np.zeros_like(at)
        for i in range(len(at)):
            for j in range(i + 1, len(at)):
                gap = at[j] - at[i]
                overlap = box - np.abs(gap)
                if (overlap > 0).all():
                    axis = int(overlap.argmin())
                    push = 0.26 * overlap[axis] * (1 if gap[axis] >= 0 else -1)
                    shift[i, axis] -= push
                    shift[j, axis] += push
        if not shift.any():
            break
        at += shift
    low, high = box / 2 + 2, np.array(size) - box / 2 - 2
    at = np.clip(at, low, high)
    return tuple(replace(label, at=(float(x), float(y))) for label, (x, y) in zip(labels, at, strict=True))


def place_in_rows(labels: Sequence[Label], size: tuple[int, int], share: float = LETTER) -> tuple[Label, ...]:
    """Put the numbers in one row over the upper and one under the lower teeth, none over another."""
    letter = share * size[0]
    placed: list[Label] = []
    for up in (True, False):
        row = sorted((x for x in labels if (x.direction[1] < 0) == up), key=lambda x: float(x.middle[0]))
        if not row:
            continue
        edge = min(x.points[:, 1].min() for x in row) if up else max(x.points[:, 1].max() for x in row)
        y = float(edge - 1.5 * letter if up else edge + 1.5 * letter)
        across = spread(np.array([x.middle[0] for x in row]), 2.1 * letter, letter, size[0] - letter)
        placed += [replace(x, at=(float(at), y), in_row=True) for x, at in zip(row, across, strict=True)]
    return tuple(placed)


def spread(wanted: Floats, least: float, low: float, high: float) -> Floats:
    """Return places as near as can be to sorted wanted ones, at least ``least`` apart, within ``low`` to ``high``.

    Neighbours that would touch are pooled and share their mean (least squares, as in isotonic regression).
    """
    steps = least * np.arange(len(wanted))
    pools: list[list[float]] = []
    for value in np.asarray(wanted, dtype=float) - steps:
        pools.append([float(value), 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, count = pools.pop()
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * count) / (pools[-1][1] + count), pools[-1][1] + count]
    flat = np.concatenate([np.full(int(count), mean) for mean, count in pools])
    return np.asarray(np.clip(flat, low, max(low, high - steps[-1])) + steps)


class Annotation:
    """A picture and what is drawn over it."""

    def __init__(self, picture: Picture, camera: Camera, letter: float = LETTER) -> None:
        from PIL import Image, ImageDraw

        self._under, self._camera, self._letter = picture, camera, letter
        self._over = Image.new("RGBA", (picture.shape[1] * FINE, picture.shape[0] * FINE), (255, 255, 255, 0))
        self._draw = ImageDraw.Draw(self._over)
        self._kinds: dict[str, None] = {}
        self._lines: dict[str, None] = {}
        self._unit = FINE * picture.shape[1] / 1200

    def line(self, points: Floats, shown: Bools, name: str, *, closed: bool = False, dashed: bool = False) -> None:
        """Draw a line in space, ``(k, 3)`` mm, where both ends of a piece are shown; ``name`` is its colour."""
        flat = self._camera.project(points) * FINE
        ends = [(i, (i + 1) % len(flat)) for i in range(len(flat) - (0 if closed else 1))]
        runs: list[list[tuple[float, float]]] = []
        last = -1
        for i, j in ends:
            if not (shown[i] and shown[j]):
                continue
            if last != i:
                runs.append([(float(flat[i, 0]), float(flat[i, 1]))])
            runs[-1].append((float(flat[j, 0]), float(flat[j, 1])))
            last = j
        for run in runs:
            pieces = _dashes(run, 9 * self._unit) if dashed else [run]
            for piece in pieces:
                self._draw.line(piece, fill=_rgba(name, 215), width=max(1, round(2.0 * self._unit)), joint="curve")
        if runs:
            self._lines[name] = None

    def mark(self, point: Floats, kind: str) -> None:
        """Draw a landmark at a point, ``(3,)`` mm, by the form of its kind."""
        x, y = self._camera.project(point)[0] * FINE
        self._kinds[kind] = None
        self._form(float(x), float(y), kind)

    def labels(self, labels: Sequence[Label]) -> None:
        """Write the numbers, with a leader line to the teeth they do not stand beside."""
        letter = self._letter * self._camera.size[0]
        for label in labels:
            at = np.array(label.at)
            # straight from the middle of the tooth: leaders in the order of their numbers do not cross
            towards = np.array([label.middle[0], at[1]]) if label.in_row else at
            near = label.points[np.linalg.norm(label.points - towards, axis=1).argmin()]
            away = near - at
            distance = float(np.linalg.norm(away))
            if distance > 1.15 * letter:
                start = at + away / distance * 0.85 * letter
                end = near + (label.middle - near) * 0.12
                line = [tuple(start * FINE), tuple(end * FINE)]
                self._draw.line(line, fill=_rgba("ink", 150), width=max(1, round(1.1 * self._unit)))
        for label in labels:
            ink = _rgba("doubt" if label.doubtful else "ink", 255)
            self._text(label.at, label.text, letter, ink, halo=True)

    def caption(self, words: str, sides: tuple[str, str]) -> None:
        """Write what is seen, the sides, a scale of 10 mm and what the marks mean."""
        width, height = self._camera.size
        edge, small = 0.02 * width, 0.0145 * width
        self._text((edge, edge + small / 2), words, 1.15 * small, _rgba("ink", 255), anchor="lm")
        for side, x in zip(sides, (edge, width - edge), strict=True):
            self._text((x, height / 2), side, 1.3 * small, _rgba("ink", 150), anchor="lm" if x < width / 2 else "rm")
        x, y = width - edge, edge + 1.4 * small
        long = 10 * self._camera.px_per_mm
        for start, end, thick in (
            ((x - long, y), (x, y), 2.0),
            ((x - long, y - 4), (x - long, y + 4), 1.4),
            ((x, y - 4), (x, y + 4), 1.4),
        ):
            bar = [(start[0] * FINE, start[1] * FINE), (end[0] * FINE, end[1] * FINE)]
            self._draw.line(bar, fill=_rgba("ink", 255), width=max(1, round(thick * self._unit)))
        self._text((x - long / 2, y - 0.5 * small), "10 mm", small, _rgba("ink", 255), anchor="ms")
        self._legend(edge, height - edge - small / 2, small)

    def heading(self, words: str) -> None:
        """Write what a panel shows."""
        width = self._camera.size[0]
        self._text((0.03 * width, 0.04 * width), words, 0.036 * width, _rgba("ink", 255), anchor="lm")

    def picture(self) -> Picture:
        """Return the picture with everything laid over it."""
        from PIL import Image

        height, width = self._under.shape[:2]
        over = self._over.resize((width, height), Image.Resampling.BOX)
        under = Image.fromarray(self._under).convert("RGBA")
        return np.asarray(Image.alpha_composite(under, over).convert("RGB"))

    def _legend(self, x: float, y: float, small: float) -> None:
        if not self._lines and not self._kinds:
            return
        width, height = (side * FINE for side in self._camera.size)
        # what lies beneath stays to be guessed, so that nothing seems to be cut off
        self._draw.rectangle([0, (y - 1.4 * small) * FINE, width, height], fill=_rgba("background", 225))
        names = {"margin": "gingival margin", "arch_curve": "arch curve", "incisal_edge": "incisal edge"}
        for name, words in names.items():
            if name not in self._lines:
                continue
            line = [(x * FINE, y * FINE), ((x + 1.5 * small) * FINE, y * FINE)]
            for piece in _dashes(line, 5 * self._unit) if name == "arch_curve" else [line]:
                self._draw.line(piece, fill=_rgba(name, 255), width=round(2.2 * self._unit))
            x = self._words(x + 2 * small, y, words, small)
        # an edge that is drawn as a line needs no second word for its points
        told = self._kinds.keys() - ({"incisal_edge"} if "incisal_edge" in self._lines else set())
        for kind in [k for k in KINDS if k in told]:
            self._form((x + 0.4 * small) * FINE, y * FINE, kind)
            x = self._words(x + 1.2 * small, y, KINDS[kind], small)

    def _words(self, x: float, y: float, words: str, small: float) -> float:
        self._text((x, y), words, small, _rgba("ink", 255), anchor="lm")
        return x + self._draw.textlength(words, font=_font(small * FINE)) / FINE + 1.3 * small

    def _form(self, x: float, y: float, kind: str) -> None:
        r, white, ink = 4.2 * self._unit, (255, 255, 255, 255), _rgba("ink", 255)
        wide, thin = round(3.4 * self._unit), round(1.5 * self._unit)
        crosses: dict[str, list[tuple[float, float, float, float]]] = {
            "central_fossa": [(-1, -1, 1, 1), (-1, 1, 1, -1)],
            "fa_point": [(-1.25, 0, 1.25, 0), (0, -1.25, 0, 1.25)],
            "incisal_edge": [(0, -1, 0, 1)],
        }
        if kind in crosses:
            for shade, thick in ((white, wide), (ink, thin)):
                for a, b, c, d in crosses[kind]:
                    self._draw.line([x + a * r, y + b * r, x + c * r, y + d * r], fill=shade, width=thick)
            return
        edge = round(1.3 * self._unit)
        if kind == "contact_point":
            self._draw.polygon(
                [(x, y - 1.25 * r), (x + 1.25 * r, y), (x, y + 1.25 * r), (x - 1.25 * r, y)],
                fill=white,
                outline=ink,
                width=edge,
            )
        elif kind == "zenith":
            self._draw.polygon(
                [(x, y - r), (x + r, y + 0.8 * r), (x - r, y + 0.8 * r)], fill=white, outline=ink, width=edge
            )
        else:
            self._draw.ellipse([x - r, y - r, x + r, y + r], fill=white)
            self._draw.ellipse([x - 0.62 * r, y - 0.62 * r, x + 0.62 * r, y + 0.62 * r], fill=ink)

    def _text(
        self,
        at: tuple[float, float],
        words: str,
        size: float,
        ink: tuple[int, int, int, int],
        *,
        anchor: str = "mm",
        halo: bool = False,
    ) -> None:
        rim = {"stroke_width": max(3, round(3.2 * self._unit)), "stroke_fill": (255, 255, 255, 235)} if halo else {}
        place = (at[0] * FINE, at[1] * FINE)
        self._draw.text(place, words, font=_font(size * FINE), fill=ink, anchor=anchor, **rim)
        if halo:  # the font comes in one weight
            self._draw.text(
                place, words, font=_font(size * FINE), fill=ink, anchor=anchor, stroke_width=round(0.5 * self._unit)
            )


def _outside(label: Label, around: Floats, gap: float) -> Floats:
    """Just outside a tooth, in its own outward direction, or away from the middle of the arch where it has none."""
    way = label.direction
    if float(np.linalg.norm(way)) < 1e-6 or float(way @ (label.middle - around)) < 0:
        way = label.middle - around
    way = way / max(float(np.linalg.norm(way)), 1e-9)
    reach = float(((label.points - label.middle) @ way).max())
    return np.asarray(label.middle + (reach + gap) * way)


def _dashes(run: Sequence[tuple[float, float]], dash: float) -> list[list[tuple[float, float]]]:
    """A run of points cut into dashes as long as the gaps between them."""
    points = np.array(run)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    out = []
    for start in np.arange(0, length[-1], 2 * dash):
        at = np.linspace(start, min(start + dash, length[-1]), 4)
        x, y = np.interp(at, length, points[:, 0]), np.interp(at, length, points[:, 1])
        out.append([(float(a), float(b)) for a, b in zip(x, y, strict=True)])
    return out


def _rgba(name: str, opacity: int) -> tuple[int, int, int, int]:
    r, g, b = (round(float(c) * 255) for c in colour(name))
    return r, g, b, opacity


def _font(size: float) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size=size)
