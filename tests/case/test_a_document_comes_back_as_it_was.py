from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from oral_architect.case import Document
from oral_architect.case.files import content_digest, from_files, to_files
from oral_architect.errors import CaseError
from oral_architect.geometry import Mesh

from .sample_documents import TETRAHEDRON, Place, Source

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,12}", fullmatch=True)
DTYPES = st.sampled_from([np.int8, np.uint16, np.int32, np.int64, np.float32, np.float64, np.bool_, np.dtype(">f4")])
ARRAYS = DTYPES.flatmap(lambda d: arrays(d, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))
FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def meshes(draw: st.DrawFn) -> Mesh:
    vertices = draw(arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(-1e6, 1e6)))
    faces = draw(arrays(np.int32, st.tuples(st.integers(0, 6), st.just(3)), elements=st.integers(0, len(vertices) - 1)))
    return Mesh(vertices, faces)


def keyed(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.dictionaries(KEYS, values, max_size=3).filter(lambda d: len({k.lower() for k in d}) == len(d))


DOCUMENTS = st.builds(
    Source,
    text=st.text(),
    places=st.lists(st.builds(Place, name=st.text(), depth_mm=FLOATS), max_size=3).map(tuple),
    numbers=st.dictionaries(st.integers(-100, 100), FLOATS, max_size=3),
    shapes=keyed(meshes()),
    arrays=keyed(ARRAYS),
)


def stored(document: Document) -> dict[str, bytes]:
    return dict(to_files("stage", document))


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS)
def test_every_field_shape_and_array_is_exactly_the_same(document: Source) -> None:
    files = stored(document)
    back = from_files(Source, files["stage.json"], files.__getitem__, where="here")
    assert back.model_dump_json() == document.model_dump_json()
    assert list(back.shapes) == list(document.shapes)
    assert list(back.arrays) == list(document.arrays)
    for key, mesh in document.shapes.items():
        assert mesh.vertices.tobytes() == back.shapes[key].vertices.tobytes()
        assert (mesh.faces == back.shapes[key].faces).all()
    for key, array in document.arrays.items():
        assert back.arrays[key].shape == array.shape
        assert back.arrays[key].dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(back.arrays[key], array)
    assert stored(back) == files


@settings(max_examples=30, deadline=None)
@given(DOCUMENTS)
def test_the_json_is_valid_json_and_names_every_file_beside_it(document: Source) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    files = stored(document)
    plain = json.loads(files["stage.json"], parse_constant=refuse)
    named = {place["file"] for group in ("shapes", "arrays") for place in plain[group].values()}
    assert named == set(files) - {"stage.json"}


def test_equal_arrays_in_another_memory_order_give_the_same_digest() -> None:
    rows = np.arange(12.0).reshape(3, 4)
    columns = np.asfortranarray(rows)
    assert content_digest(Source(text="", arrays={"a": rows})) == content_digest(Source(text="", arrays={"a": columns}))


def test_a_changed_vertex_changes_the_digest() -> None:
    moved = TETRAHEDRON.vertices.copy()
    moved[0, 0] = math.nextafter(moved[0, 0], 1)
    before = Source(text="", shapes={"a": TETRAHEDRON})
    after = Source(text="", shapes={"a": Mesh(moved, TETRAHEDRON.faces)})
    assert content_digest(before) != content_digest(after)


@pytest.mark.parametrize("key", ["", "../x", "a/b", ".hidden", "ü", "a b", "x" * 101])
def test_a_key_that_cannot_be_a_file_name_is_refused(key: str) -> None:
    with pytest.raises(CaseError, match="file name"):
        stored(Source(text="", arrays={key: np.zeros(1)}))


def test_keys_that_some_disks_cannot_tell_apart_are_refused() -> None:
    with pytest.raises(CaseError, match="upper and lower case"):
        stored(Source(text="", arrays={"a": np.zeros(1), "A": np.zeros(1)}))


def test_a_mesh_that_could_not_be_read_back_is_refused_before_it_is_stored() -> None:
    broken = Mesh(TETRAHEDRON.vertices, np.array([[0, 1, 4]]))
    with pytest.raises(CaseError, match="shape 'crown' cannot be stored"):
        stored(Source(text="", shapes={"crown": broken}))


def test_arrays_of_python_objects_are_refused() -> None:
    with pytest.raises(CaseError, match="Python objects"):
        stored(Source(text="", arrays={"a": np.array([{}], dtype=object)}))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"text": 3}', b'{"text": "", "shapes": {"a": {}}}'])
def test_a_json_file_of_another_form_is_named_and_refused(text: bytes) -> None:
    with pytest.raises(CaseError, match="cannot be read"):
        from_files(Source, text, {}.__getitem__, where="design/design.json")
