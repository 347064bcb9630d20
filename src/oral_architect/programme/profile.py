"""Technology profiles: what a session may assume, every figure with its source, read from data files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import ValidationError

from oral_architect.case import Record
from oral_architect.errors import ReferenceDataError, SettingsError

from .document import Figure

Law = Literal["per_layer", "volume_rate", "growth_rate"]
Reaction = Literal["light_cure", "crystallisation"]

LAW_FIGURES: dict[str, tuple[str, ...]] = {
    "per_layer": ("deposit_s_per_layer",),
    "volume_rate": ("deposit_mm3_per_s",),
    "growth_rate": ("growth_multiplier",),
}
"""Figures a profile needs for each deposition law, beside those every profile needs."""

COMMON_FIGURES = (
    "layer_thickness_mm",
    "irradiance_mw_cm2",
    "cure_s",
    "cool_s",
    "reaction_heat_j_per_g",
    "mask_mm",
    "carrier_diffusion_um2_per_s",
    "placement_sd_mm",
    "capture_probability",
    "retrieval_probability",
    "prepare_s",
    "isolate_s",
    "finish_s",
    "check_s",
    "move_s",
    "heat_reserve_share",
    "envelope_share",
    "removal_mm3_per_s",
)


PHASES = ("numb", "isolate", "remove", "prepare", "deposit", "cure", "finish", "check")
"""Phases a profile says who and what they hold of."""


class Uses(Record):
    """Who and what each phase holds while it lasts."""

    phases: dict[str, tuple[tuple[str, ...], ...]]
    """By phase, the ways to do it, each with all it holds."""
    source: str
    standing: str


class Profile(Record):
    """One technology profile."""

    name: str
    title: str
    device: str
    material: str
    tissue: Literal["composite", "enamel"]
    """Whose thermal figures the new material has (``tissue_properties``)."""
    reaction: Reaction
    really_used: str
    law: Law
    rate_constant: str = ""
    uses: Uses
    figures: dict[str, Figure]
    spreads: dict[str, float]
    """Standard deviation of the figures that state one."""

    def value(self, figure: str) -> float:
        """Return a figure's value.

        Raises
        ------
        ReferenceDataError
            When the profile does not have it.
        """
        if figure not in self.figures:
            raise ReferenceDataError(
                f"the profile has no figure '{figure}'",
                where=f"technology profile {self.name}",
                todo="Add it to the profile's file with its source.",
            )
        return self.figures[figure].value


def profile_names() -> tuple[str, ...]:
    """Return the names of all profiles, sorted."""
    folder = files(__package__) / "profiles"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def load_profile(name: str) -> Profile:
    """Read a technology profile.

    Raises
    ------
    SettingsError
        When there is no profile of that name.
    ReferenceDataError
        When the file lacks a figure or a figure lacks its source.
    """
    if name not in profile_names():
        raise SettingsError(
            f"there is no technology profile '{name}'",
            where="profile",
            todo=f"Use one of: {', '.join(profile_names())}.",
        )
    path = files(__package__) / "profiles" / f"{name}.toml"
    return parse_profile(tomllib.loads(path.read_text(encoding="utf-8")), where=str(path))


def parse_profile(raw: dict[str, Any], *, where: str) -> Profile:
    """Check the content of a profile file.

    Raises
    ------
    ReferenceDataError
        When it lacks a figure or a figure lacks its source.
    """
    try:
        rows: dict[str, dict[str, Any]] = raw["figures"]
        figures = {key: Figure(**{k: v for k, v in row.items() if k != "sd"}) for key, row in rows.items()}
        head = {k: v for k, v in raw.items() if k not in ("figures", "deposition")}
        spreads = {key: float(row["sd"]) for key, row in rows.items() if "sd" in row}
        profile = Profile(**head, **raw["deposition"], figures=figures, spreads=spreads)
    except (KeyError, TypeError, ValidationError) as error:
        raise ReferenceDataError(f"the technology profile is not complete: {error}", where=where) from error
    for key in COMMON_FIGURES + LAW_FIGURES[profile.law]:
        profile.value(key)
    if missing := [phase for phase in PHASES if not profile.uses.phases.get(phase)]:
        raise ReferenceDataError(f"the profile does not say what phase '{missing[0]}' uses", where=where)
    for key, figure in figures.items():
        if not figure.source or not figure.standing:
            raise ReferenceDataError(f"figure '{key}' has no source or standing", where=where)
    return profile
