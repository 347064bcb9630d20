"""A programme in one file: the same bytes every time, all of it back, and nothing else taken for it."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from box_tooth import one_tooth
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from oral_architect import programme
from oral_architect.case import document_schema
from oral_architect.case.disk import digest
from oral_architect.errors import CaseError
from oral_architect.programme import Figure, Layer, Programme, Step, ToothProgramme, from_package, to_package
from oral_architect.programme.package import HEAD, programme_digest

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
WORDS = st.text(max_size=20)
KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_]{0,8}", fullmatch=True)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS)


SHARES = {float: NUMBERS, int: st.integers(0, 2**40)}
LAYERS = st.builds(Layer, **{name: SHARES.get(f.annotation, WORDS) for name, f in Layer.model_fields.items()})
FIGURES = st.builds(Figure, value=NUMBERS, unit=WORDS, source=WORDS, standing=WORDS)


@st.composite
def programmes(draw):
    teeth = st.builds(
        ToothProgramme,
        fdi=st.integers(11, 85),
        origin_mm=VECTORS,
        voxel_mm=NUMBERS,
        dose_per_voxel=st.integers(1, 65535),
        total_dose=st.integers(0, 2**40),
        layers=st.lists(LAYERS, max_size=2).map(tuple),
        build_axis=VECTORS,
    )
    steps = st.builds(
        Step,
        start_s=NUMBERS,
        end_s=NUMBERS,
        fdi=st.none() | st.integers(11, 85),
        phase=st.sampled_from(["remove", "deposit", "cure"]),
        device=WORDS,
        detail=WORDS,
    )
    kinds = st.sampled_from([np.int16, np.uint16, np.float32])
    held = kinds.flatmap(lambda kind: arrays(kind, array_shapes(max_dims=2, max_side=4)))
    return Programme(
        profile=draw(WORDS),
        profile_title=draw(WORDS),
        figures=draw(st.dictionaries(KEYS, FIGURES, max_size=2)),
        teeth=tuple(draw(st.lists(teeth, max_size=2))),
        timeline=tuple(draw(st.lists(steps, max_size=2))),
        session_s=draw(NUMBERS),
        rate_gap=draw(NUMBERS),
        rate_gap_text=draw(WORDS),
        arrays=draw(st.dictionaries(KEYS.map(str.lower), held, max_size=2)),
    )


@settings(deadline=None, max_examples=40)
@given(made=programmes())
def test_what_is_written_comes_back_and_is_the_same_bytes_again(made):
    content = to_package(made)
    back = from_package(content)
    assert back.model_dump() == made.model_dump()
    assert {k: a.tobytes() for k, a in back.arrays.items()} == {k: a.tobytes() for k, a in made.arrays.items()}
    assert to_package(back) == content


@pytest.fixture(scope="module")
def content():
    return to_package(programme.run(*one_tooth()))


def test_the_digest_of_the_head_stands_for_the_whole(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert digest(package.read(HEAD)) == programme_digest(from_package(content))


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_a_changed_byte_is_never_taken_for_the_programme(content, data):
    at = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CaseError):
        from_package(bytes(changed))


def test_another_version_is_refused_by_name(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[HEAD] = parts[HEAD].replace(b"oral-architect programme 2", b"oral-architect programme 9")
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    with pytest.raises(CaseError, match="'oral-architect programme 9', not 'oral-architect programme 2'"):
        from_package(changed.getvalue())


def test_what_is_no_package_is_refused():
    with pytest.raises(CaseError, match="cannot be read"):
        from_package(b"G28")


def test_the_schema_names_the_version():
    assert document_schema(Programme)["properties"]["format"]["const"] == "oral-architect programme 2"
