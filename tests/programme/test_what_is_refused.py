"""Bad input is refused with the step that fails and what would make it pass."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from box_tooth import block, cap, crown, design, landscape

from oral_architect import programme
from oral_architect.errors import ReferenceDataError, StageError
from oral_architect.geometry import concatenate
from oral_architect.programme.profile import COMMON_FIGURES, LAW_FIGURES, PHASES, parse_profile

PROFILES = {
    name: (files("oral_architect.programme") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    for name in programme.profile_names()
}


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_with_a_missing_figure_names_it(name):
    law = tomllib.loads(PROFILES[name])["deposition"]["law"]
    for figure in COMMON_FIGURES + LAW_FIGURES[law]:
        raw = tomllib.loads(PROFILES[name])
        del raw["figures"][figure]
        with pytest.raises(ReferenceDataError, match=f"'{figure}'.*Add it to the profile's file with its source"):
            parse_profile(raw, where="test")


@pytest.mark.parametrize("phase", PHASES)
def test_a_profile_that_does_not_say_who_does_a_phase_names_it(phase):
    raw = tomllib.loads(PROFILES["demonstrated"])
    del raw["uses"]["phases"][phase]
    with pytest.raises(ReferenceDataError, match=f"phase '{phase}'"):
        parse_profile(raw, where="test")


def test_a_profile_that_says_nothing_of_who_does_what_is_refused():
    raw = tomllib.loads(PROFILES["demonstrated"])
    del raw["uses"]
    with pytest.raises(ReferenceDataError, match="not complete"):
        parse_profile(raw, where="test")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (cap(at=(30.0, 0.0)), "touches no tooth Check the design's position"),
        (concatenate([cap(), block((1.0, 1.0, 4.0), (2.0, 2.0, 5.0))]), "Join the part to the tooth"),
        (block((-1.5, -1.5, -5.0), (1.5, 1.5, 0.6)), "step remove: .* mm less deep there"),
    ],
    ids=["outside the tooth", "an island", "into the pulp"],
)
def test_a_design_that_cannot_be_built_says_where_and_what_to_change(body, words):
    with pytest.raises(StageError, match=f"tooth 36.*{words}"):
        programme.run(landscape({36: crown()}), design({36: body}))
