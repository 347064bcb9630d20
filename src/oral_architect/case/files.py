"""A document as files: its fields as JSON, beside it its shapes as PLY and its arrays as NPY."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from oral_architect.case.disk import digest
from oral_architect.case.document import Document
from oral_architect.errors import CaseError, InputError
from oral_architect.geometry import Mesh
from oral_architect.geometry.ply import from_ply, to_ply

DocumentT = TypeVar("DocumentT", bound=Document)
Read = Callable[[str], bytes]
"""Gives the content of a file of the stage, named relative to the stage's folder."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def to_files(name: str, document: Document) -> Iterator[tuple[str, bytes]]:
    """Give the files of a document one by one: shapes, arrays, and last ``{name}.json`` which holds their digests.

    So the SHA-256 of the JSON file stands for the whole document, and ``sha256sum`` is enough to check it.

    Raises
    ------
    CaseError
        When a key cannot be a file name, a mesh points to vertices it has not, or an array holds Python objects.
    """
    places: dict[str, dict[str, Any]] = {"shapes": {}, "arrays": {}}
    for group, key, content, summary in _parts(document):
        path = f"{group}/{key}{'.ply' if group == 'shapes' else '.npy'}"
        places[group][key] = {"file": path, "sha256": digest(content), **summary}
        yield path, content
    fields = json.loads(document.model_dump_json())
    text = json.dumps({**fields, **places}, ensure_ascii=False, allow_nan=False, indent=1)
    yield f"{name}.json", text.encode() + b"\n"


def content_digest(document: Document) -> str:
    """Return the SHA-256 that stands for all a document holds, whatever the stage is called."""
    last = b""
    for _, content in to_files("document", document):
        last = content
    return digest(last)


def from_files(kind: type[DocumentT], text: bytes, read: Read, *, where: str) -> DocumentT:
    """Read a document back.

    Parameters
    ----------
    kind
        The document's class.
    text
        Content of its JSON file.
    read
        Gives the content of the files beside it.
    where
        Named in errors.

    Raises
    ------
    CaseError
        When anything does not have the form it was written in.
    """
    try:
        plain = kind.model_validate_json(text)
        shapes = {key: _shape(place, read) for key, place in plain.shapes.items()}  # type: ignore[arg-type]
        arrays = {key: _array(place, read) for key, place in plain.arrays.items()}  # type: ignore[arg-type]
    except (ValidationError, InputError, ValueError, KeyError, TypeError) as error:
        raise CaseError(
            f"the stored {kind.__name__} cannot be read ({_first_line(error)}).",
            where=where,
            todo="Run this stage again.",
        ) from error
    return plain.model_copy(update={"shapes": shapes, "arrays": arrays})


def _parts(document: Document) -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    _check_keys(document.shapes, "shapes")
    _check_keys(document.arrays, "arrays")
    for key, mesh in document.shapes.items():
        try:
            content = to_ply(mesh)
        except InputError as error:
            raise CaseError(f"shape '{key}' cannot be stored: {error.what}", where="shapes") from error
        yield "shapes", key, content, {"vertices": len(mesh.vertices), "faces": len(mesh.faces)}
    for key, array in document.arrays.items():
        yield (
            "arrays",
            key,
            _to_npy(key, array),
            {"shape": list(array.shape), "type": str(array.dtype.newbyteorder("<"))},
        )


def _check_keys(keyed: dict[str, Any], group: str) -> None:
    for key in keyed:
        if not _KEY.fullmatch(key):
            raise CaseError(f"'{key}' cannot be a file name.", where=group, todo="Use letters, digits, '_', '-', '.'.")
    if len({key.lower() for key in keyed}) < len(keyed):
        raise CaseError("two keys differ in upper and lower case only.", where=group, todo="Rename one of them.")


def _to_npy(key: str, array: NDArray[Any]) -> bytes:
    if array.dtype.hasobject:
        raise CaseError(f"array '{key}' holds Python objects.", where="arrays", todo="Store numbers only.")
    buffer = io.BytesIO()
    # one order of bytes and of axes, so that equal arrays give equal files
    np.lib.format.write_array(
        buffer, np.asarray(array, array.dtype.newbyteorder("<"), order="C"), version=(1, 0), allow_pickle=False
    )
    return buffer.getvalue()


def _shape(place: dict[str, Any], read: Read) -> Mesh:
    return from_ply(read(place["file"]), where=place["file"]).mesh


def _array(place: dict[str, Any], read: Read) -> NDArray[Any]:
    return np.asarray(np.lib.format.read_array(io.BytesIO(read(place["file"])), allow_pickle=False))


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}"
    return str(error).split("\n", maxsplit=1)[0]
