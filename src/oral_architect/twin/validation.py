"""Published pulp temperatures beside the twin's: one lamp calibrates it, everything else is predicted blind.

The one figure that is calibrated is the share of a lamp's light that a tooth takes up. Each draw of the other figures
is calibrated for itself, so the ranges say what the calibration leaves open.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from oral_architect.programme import load_profile
from oral_architect.reference import Row

from .bench_tooth import BlockTooth, lamp_rise_c, spray_share
from .model import Model, load_model, rows_of
from .uncertainty import HIGH_PERCENT, LOW_PERCENT, stratified_scores, vary

SHARES = (0.02, 1.0)
"""Absorbed shares of light that are looked through."""
SHARE_WITHIN = 2e-3
STATED_MM = 2.0
"""Dentine and composite of the lamp series, as stated there."""
SIDEWAYS, FROM_ABOVE = (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
SHORT_S, LONG_S = 10.0, 60.0
"""Exposures of the premolars."""


@dataclass(frozen=True)
class Comparison:
    """A published figure beside the twin's.

    Parameters
    ----------
    published
        The figure, or the one that all or some teeth exceeded.
    p5, p95
        Nine of ten draws of the uncertain figures end between them.
    role
        ``calibration`` or ``blind``; ``all exceed`` and ``some exceed`` where only that was published.
    """

    name: str
    published: float
    predicted: float
    p5: float
    p95: float
    unit: str
    role: str
    source: str

    @property
    def holds(self) -> bool:
        """Whether the published figure lies in the predicted range, or the range exceeds it as published."""
        if self.role in ("all exceed", "some exceed"):
            return (self.p5 if self.role == "all exceed" else self.p95) > self.published
        return self.p5 <= self.published <= self.p95


@dataclass(frozen=True)
class Validation:
    """All comparisons, and what was calibrated for them.

    Parameters
    ----------
    share, share_sd
        Calibrated share of light a tooth takes up: with all other figures at their best, and its spread over draws.
    left_out
        Draws that no share could bring to the calibrating lamp's rise.
    """

    comparisons: tuple[Comparison, ...]
    share: float
    share_sd: float
    draws: int
    left_out: int


@dataclass(frozen=True)
class _Answers:
    """What one draw of the figures says of the published experiments."""

    share: float
    lamp_20_c: float
    lamp_40_c: float
    spray: float
    mouth_short: float
    mouth_long: float
    premolar_c: float


def published() -> tuple[Row, ...]:
    """Return the published measurements, each with its source, its standing and what is made of it."""
    lines = (files(__package__) / "published.csv").read_text(encoding="utf-8").splitlines()
    return tuple(Row("published", row) for row in csv.DictReader(lines))


def compare(*, samples: int = 24, voxel_mm: float = 0.5, seed: int = 0) -> Validation:
    """Calibrate on one lamp and predict the rest.

    Parameters
    ----------
    samples
        Draws of the uncertain figures, beside the best estimate.
    voxel_mm
        Grid of the teeth.
    """
    rows = {r.cells["case"]: r for r in published()}
    g2, short, long = (rows[f"bluephase {c}"] for c in ("G2 40 s", "16i 20 s", "16i 40 s"))
    wet = [rows[f"water {t} C"] for t in (10, 23, 35)]
    cold, room, warm = (r.need("measured_c") for r in wet)
    slope = float(np.polyfit([r.need("water_c") for r in wet], [cold, room, warm], 1)[0])
    mouth, premolar = rows["rise out of the mouth over rise in it"], rows["60 s, high"]
    model = Model(load_model(load_profile("demonstrated")).figures | rows_of("bench.toml"))
    names = model.uncertain
    draws = [model, *(vary(model, names, s) for s in stratified_scores(names, samples, seed))]
    tried = [_answers(draw, g2, voxel_mm) for draw in draws]
    found = [a for a in tried if a is not None]

    def beside(name: str, figure: float, unit: str, role: str, row: Row, said: list[float]) -> Comparison:
        low, high = np.percentile(said[1:], [LOW_PERCENT, HIGH_PERCENT])
        return Comparison(name, figure, said[0], float(low), float(high), unit, role, row.source)

    ratio = long.need("measured_c") / short.need("measured_c")
    comparisons = (
        beside("lamp G2, 40 s", g2.need("measured_c"), "°C", "calibration", g2, [a.lamp_40_c for a in found]),
        beside("lamp 16i, 40 s over 20 s", ratio, "x", "blind", long, [a.lamp_40_c / a.lamp_20_c for a in found]),
        beside("pulp per spray, 60 s", slope, "°C/°C", "blind", wet[0], [a.spray for a in found]),
        beside("spray 10 to 23 °C, 60 s", room - cold, "°C", "blind", wet[1], [13 * a.spray for a in found]),
        beside("spray 23 to 35 °C, 60 s", warm - room, "°C", "blind", wet[2], [12 * a.spray for a in found]),
        beside("out of the mouth over in it, 10 s", 1.0, "x", "all exceed", mouth, [a.mouth_short for a in found]),
        beside("out of the mouth over in it, 60 s", 1.0, "x", "all exceed", mouth, [a.mouth_long for a in found]),
        beside(
            "premolar in the mouth, 60 s",
            premolar.need("measured_c"),
            "°C",
            "some exceed",
            premolar,
            [a.premolar_c for a in found],
        ),
    )
    shares = [a.share for a in found]
    return Validation(comparisons, shares[0], float(np.std(shares[1:], ddof=1)), samples, len(tried) - len(found))


def _answers(model: Model, lamp: Row, voxel_mm: float) -> _Answers | None:
    share = _share(model, lamp, voxel_mm)
    if share is None:
        return None
    own = model.fixed(light_absorbed_share=share)
    still = own.fixed(perfusion_w_m3_k=0.0)
    irradiance = lamp.need("irradiance_mw_cm2")
    premolar = _premolar(own).voxels(voxel_mm)

    def side(m: Model, seconds: float) -> float:
        return lamp_rise_c(premolar, m, seconds=seconds, irradiance_mw_cm2=irradiance, towards=SIDEWAYS)

    premolar_c = side(own, LONG_S)
    return _Answers(
        share=share,
        lamp_20_c=_lamp(own, lamp, 20.0, voxel_mm),
        lamp_40_c=_lamp(own, lamp, 40.0, voxel_mm),
        spray=spray_share(_prepared_molar(own).voxels(voxel_mm), own, seconds=60.0),
        mouth_short=side(still, SHORT_S) / side(own, SHORT_S),
        mouth_long=side(still, LONG_S) / premolar_c,
        premolar_c=premolar_c,
    )


def _share(model: Model, lamp: Row, voxel_mm: float) -> float | None:
    """The absorbed share that gives the lamp's measured rise; none where the reaction alone gives more."""
    from scipy.optimize import brentq

    def over(share: float) -> float:
        own = model.fixed(light_absorbed_share=share)
        return _lamp(own, lamp, lamp.need("seconds"), voxel_mm) - lamp.need("measured_c")

    if over(SHARES[0]) > 0 or over(SHARES[1]) < 0:
        return None
    return float(brentq(over, *SHARES, xtol=SHARE_WITHIN))


def _lamp(model: Model, lamp: Row, seconds: float, voxel_mm: float) -> float:
    """A lamp over composite in an opaque mould on dentine: everything begins at one temperature and no blood flows."""
    room = model["room_temperature_c"]
    warm = dict.fromkeys(("body_temperature_c", "air_temperature_c", "material_temperature_c"), room)
    dry = model.fixed(
        perfusion_w_m3_k=0.0,
        tissue_film_w_per_m2_k=model["air_film_w_per_m2_k"],
        light_spot_radius_mm=model["mould_radius_mm"],
        **warm,
    )
    tooth = BlockTooth(
        width_mm=model["molar_width_mm"],
        depth_mm=model["molar_width_mm"],
        crown_mm=model["crown_height_mm"] - model["prepared_depth_mm"],
        root_mm=model["root_stub_mm"],
        ceiling_mm=STATED_MM,
        chamber_mm=model["chamber_height_mm"],
        wall_mm=model["pulp_wall_mm"],
        enamel_mm=model["enamel_side_mm"],
        composite_mm=STATED_MM,
        composite_radius_mm=model["mould_radius_mm"],
    )
    irradiance = lamp.need("irradiance_mw_cm2")
    return lamp_rise_c(tooth.voxels(voxel_mm), dry, seconds=seconds, irradiance_mw_cm2=irradiance, towards=FROM_ABOVE)


def _prepared_molar(model: Model) -> BlockTooth:
    return BlockTooth(
        width_mm=model["molar_width_mm"],
        depth_mm=model["molar_width_mm"],
        crown_mm=model["crown_height_mm"] - model["prepared_depth_mm"],
        root_mm=model["root_stub_mm"],
        ceiling_mm=model["pulp_ceiling_posterior_mm"] - model["prepared_depth_mm"],
        chamber_mm=model["chamber_height_mm"],
        wall_mm=model["pulp_wall_mm"],
        enamel_mm=model["enamel_side_mm"],
    )


def _premolar(model: Model) -> BlockTooth:
    width = model["premolar_width_mm"]
    return BlockTooth(
        width_mm=width,
        depth_mm=model["premolar_depth_mm"],
        crown_mm=model["crown_height_mm"],
        root_mm=model["root_stub_mm"],
        ceiling_mm=model["pulp_ceiling_posterior_mm"],
        chamber_mm=model["crown_height_mm"],
        wall_mm=min(model["pulp_wall_mm"], model["pulp_wall_share"] * width / 2),
        enamel_mm=model["enamel_side_mm"],
        whole_top=True,
    )
