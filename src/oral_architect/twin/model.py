"""Figures the physics needs, each with its spread and source, from data rows; a run may move one of them."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from oral_architect.errors import ReferenceDataError
from oral_architect.programme import Profile
from oral_architect.programme.pulp import pulp_depths
from oral_architect.reference import Row, find

J_PER_MJ = 1e6


@dataclass(frozen=True)
class Spread:
    """A figure with one standard deviation."""

    value: float
    sd: float
    unit: str
    source: str
    standing: str


@dataclass(frozen=True)
class Model:
    """All figures of one run.

    Parameters
    ----------
    figures
        By name; the unit is in the name.
    """

    figures: dict[str, Spread]

    def __getitem__(self, name: str) -> float:
        if name not in self.figures:
            raise ReferenceDataError(f"the physics model has no figure '{name}'", where="twin/model.toml")
        return self.figures[name].value

    def moved(self, name: str, by_sd: float) -> Model:
        """Return the model with one figure moved by a number of standard deviations, but not below a tenth of it."""
        figure = self.figures[name]
        value = max(figure.value + by_sd * figure.sd, figure.value / 10)
        return Model({**self.figures, name: replace(figure, value=value)})

    def fixed(self, **values: float) -> Model:
        """Return the model with figures set to values that are known."""
        return Model({**self.figures, **{n: replace(self.figures[n], value=v, sd=0.0) for n, v in values.items()}})

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names of the figures that have a spread, sorted."""
        return tuple(sorted(name for name, figure in self.figures.items() if figure.sd > 0))

    def without(self, *prefixes: str) -> Model:
        """Return the model with the spread taken off the figures whose names begin so: they play no part."""
        return Model({n: replace(f, sd=0.0) if n.startswith(prefixes) else f for n, f in self.figures.items()})


def load_model(profile: Profile) -> Model:
    """Gather the figures for a profile: pulp depths, tissue rows, the model's own and the profile's that have a spread.

    Raises
    ------
    ReferenceDataError
        When a row is missing.
    """
    figures = {f"pulp_{name}": Spread(**row.model_dump()) for name, row in pulp_depths().items()}
    figures |= rows_of("model.toml")
    figures |= _tissue_rows()
    for name in sorted({"reaction_heat_j_per_g", "placement_sd_mm", *profile.spreads}):
        own = profile.figures[name]
        figures[name] = Spread(own.value, profile.spreads.get(name, 0.0), own.unit, own.source, own.standing)
    return Model(figures)


@cache
def rows_of(name: str) -> dict[str, Spread]:
    """Return the figures of a data file of this folder, by name."""
    text = (files(__package__) / name).read_text(encoding="utf-8")
    return {figure: Spread(**row) for figure, row in tomllib.loads(text).items()}


@cache
def _tissue_rows() -> dict[str, Spread]:
    enamel_side = _row("enamel", "permanent, sides", "thickness_mm")
    enamel_cusp = _row("enamel", "permanent, cusp", "thickness_mm")
    enamel_primary = _row("enamel", "primary", "thickness_mm")
    conduct, capacity = "k_w_per_m_k", "rho_c_mj_per_m3_k"
    alpha = _row("enamel", "sound", "alpha_1e7_m2_per_s")
    enamel_k = _row("enamel", "sound", conduct)
    relative = alpha.need("sd") / alpha.need("value")
    dentine_k = _row("dentine", "sound", conduct)
    dentine_often = next(r for r in _rows("dentine", "sound", conduct) if r.number("value") is None)
    dentine_sd = (dentine_often.need("high") - dentine_k.need("value")) / math.sqrt(12)
    kinetics_m, kinetics_n = (
        find("kinetics", process="cure", system="Bis-GMA/TEGDMA light cure", quantity=f"autocatalytic_{q}")
        for q in ("m", "n")
    )
    return {
        "enamel_side_mm": _range(enamel_side),
        "enamel_cusp_mm": _single(enamel_cusp, enamel_cusp.need("low"), 0.0),
        "enamel_primary_mm": _single(enamel_primary, enamel_primary.need("high"), 0.0),
        "enamel_k": _single(enamel_k, enamel_k.need("value"), relative * enamel_k.need("value")),
        "enamel_rho_c": _capacity(_row("enamel", "sound", capacity)),
        "dentine_k": _single(dentine_k, dentine_k.need("value"), dentine_sd),
        "dentine_rho_c": _capacity(_row("dentine", "sound", capacity)),
        "pulp_k": _range(_row("pulp", "", conduct)),
        "pulp_rho_c": _capacity(_row("pulp", "", capacity)),
        "composite_k": _range(_row("composite", "", conduct)),
        "composite_rho_c": _capacity(_row("composite", "", capacity)),
        "enamel_density_g_per_cm3": _range(_row("enamel", "sound", "density_g_per_cm3")),
        "perfusion_w_m3_k": _perfusion(),
        "saliva_film_mm": _range(_row("saliva", "film", "film_thickness_mm")),
        "kamal_m": _single(kinetics_m, kinetics_m.need("value"), 0.0),
        "kamal_n": _single(kinetics_n, kinetics_n.need("value"), 0.0),
    }


def _rows(tissue: str, condition: str, quantity: str) -> list[Row]:
    from oral_architect.reference import table

    wanted = {"tissue": tissue, "condition": condition, "quantity": quantity}
    return [r for r in table("tissue_properties") if all(r.cells[k] == v for k, v in wanted.items())]


def _row(tissue: str, condition: str, quantity: str) -> Row:
    return find("tissue_properties", tissue=tissue, condition=condition, quantity=quantity)


def _single(row: Row, value: float, sd: float) -> Spread:
    return Spread(value, sd, row.cells["unit"], row.source, row.standing)


def _range(row: Row) -> Spread:
    """A row with one value, or the middle of its range with the spread of an even distribution."""
    value = row.number("value")
    if value is not None:
        return _single(row, value, row.number("sd") or 0.0)
    low, high = row.need("low"), row.need("high")
    return _single(row, (low + high) / 2, (high - low) / math.sqrt(12))


def _capacity(row: Row) -> Spread:
    given = _range(row)
    # capacity and conductivity spreads act alike on a short pulse; counting the conductivity's is enough
    return replace(given, value=given.value * J_PER_MJ, sd=0.0, unit="J/(m3 K)")


def _perfusion() -> Spread:
    """Pulp perfusion; its only source is tertiary and in dogs, so half its value is taken as its spread."""
    row = _row("pulp", "perfusion 50 mL/min/100 g", "perfusion_heat_sink_w_per_m3_k")
    return _single(row, row.need("value"), row.need("value") / 2)
