"""Read labelled scans: PLY with ``fdi``, or OBJ with a JSON beside it as 3DTeethSeg keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import InputError
from oral_architect.geometry import Mesh
from oral_architect.teeth.fdi import DECIDUOUS, PERMANENT, SUPERNUMERARY, Jaw, jaw_of

from .scores import face_labels, vertex_labels

PROPERTY = "fdi"
NUMBERS = frozenset((0, *PERMANENT, *DECIDUOUS, *SUPERNUMERARY))
EXTENT_MM = (8.0, 250.0)
"""A scan of teeth in millimetres has a bounding box whose longest side lies between these."""
_JAW_IN_NAME = re.compile(r"^(?P<patient>.+?)[_-](?P<jaw>upper|lower|maxilla|mandible)(?:[_-].*)?$", re.IGNORECASE)
_JAWS: dict[str, Jaw] = {"upper": "upper", "maxilla": "upper", "lower": "lower", "mandible": "lower"}


@dataclass(frozen=True, eq=False)
class LabelledArch:
    """One scan with the number of every vertex."""

    name: str
    patient: str
    """Scans of one patient have the same; taken from ``{patient}_{upper|lower}`` or the whole name."""
    jaw: Jaw
    mesh: Mesh
    labels: NDArray[np.int64]
    """``(n,) int``: FDI of each vertex, 0 gingiva, 19 to 49 supernumerary."""
    truth: NDArray[np.int64]
    """``(m,) int``: the same of each face."""
    path: Path

    @property
    def teeth(self) -> tuple[int, ...]:
        """Numbers that occur."""
        return tuple(int(t) for t in np.unique(self.labels) if t)


def find_labelled(folder: Path) -> list[Path]:
    """Return the labelled scans below a folder, sorted: every ``.ply``, and every ``.obj`` with a ``.json`` beside it.

    Raises
    ------
    InputError
        When there is no such folder or no labelled scan in it.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder.", where=str(folder), todo="Give the folder of the labelled scans.")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".ply", ".obj") and p.is_file())
    plain = [p for p in found if p.suffix.lower() == ".ply"]
    paired = [p for p in found if p.suffix.lower() == ".obj" and p.with_suffix(".json").is_file()]
    if not plain and not paired:
        alone = sum(p.suffix.lower() == ".obj" for p in found)
        hint = f" ({alone} .obj without a .json beside them)" if alone else ""
        raise InputError(
            f"no labelled scan was found here{hint}.",
            where=str(folder),
            todo="Give PLY files with an integer property 'fdi', or OBJ and JSON pairs in the form of 3DTeethSeg.",
        )
    return sorted(plain + paired)


def read_all(folder: Path) -> Iterator[LabelledArch]:
    """Read every labelled scan of a folder, in the order of their paths."""
    for path in find_labelled(folder):
        yield read_labelled(path)


def read_labelled(path: Path) -> LabelledArch:
    """Read one labelled scan.

    Raises
    ------
    InputError
        When the file cannot be read or its labels are not tooth numbers of one jaw; the error names the file and the
        property, field or vertex.
    """
    mesh, labels, truth, said = _from_ply(path) if path.suffix.lower() == ".ply" else _from_obj(path)
    _check_numbers(labels, path)
    jaws = {jaw_of(int(t)) for t in np.unique(labels) if t}
    if len(jaws) != 1:
        what = "the labels hold no tooth." if not jaws else "the labels hold teeth of both jaws."
        raise InputError(what, where=str(path), todo="Give one jaw a file, with its teeth numbered by FDI.")
    jaw = jaws.pop()
    if said is not None and said != jaw:
        raise InputError(
            f"the jaw is said to be {said}, the numbers are those of {jaw} teeth.",
            where=str(path),
            todo="Correct the one or the other.",
        )
    size = float(np.ptp(mesh.vertices, axis=0).max())
    if not EXTENT_MM[0] <= size <= EXTENT_MM[1]:
        raise InputError(
            f"the scan is {size:.4g} units long, which is no arch in millimetres.",
            where=str(path),
            todo="Scale it to millimetres.",
        )
    named = _JAW_IN_NAME.match(path.stem)
    return LabelledArch(path.stem, named["patient"] if named else path.stem, jaw, mesh, labels, truth, path)


def _from_ply(path: Path) -> tuple[Mesh, NDArray[np.int64], NDArray[np.int64], Jaw | None]:
    from oral_architect.scan.raw import Source
    from oral_architect.scan.readers import ply

    source = Source(path, path.read_bytes())
    raw = ply.read(source)
    columns = ply.read_columns(source)
    mesh = Mesh(raw.vertices, raw.faces)
    for element, count in (("face", len(mesh.faces)), ("vertex", len(mesh.vertices))):
        if PROPERTY not in columns.get(element, {}):
            continue
        given = columns[element][PROPERTY]
        if len(given) != count:
            raise InputError(
                f"the file holds faces that are not triangles, so that 'fdi' of {len(given)} faces fits {count} badly.",
                where=str(path),
                todo="Triangulate it before labelling.",
            )
        values = _whole_numbers(given, path, f"property '{PROPERTY}' of element {element}")
        if element == "face":
            labels = vertex_labels(mesh.faces, values, len(mesh.vertices))[0]
            return mesh, labels, values, _jaw_in(path)
        return mesh, values, face_labels(mesh.faces, values), _jaw_in(path)
    raise InputError(
        f"neither faces nor vertices have a property '{PROPERTY}'.",
        where=str(path),
        todo="Save the labels as an integer property 'fdi' of faces or vertices, 0 for gingiva.",
    )


def _from_obj(path: Path) -> tuple[Mesh, NDArray[np.int64], NDArray[np.int64], Jaw | None]:
    from oral_architect.scan.raw import Source
    from oral_architect.scan.readers import obj

    raw = obj.read(Source(path, path.read_bytes()))
    mesh = Mesh(raw.vertices, raw.faces)
    beside = path.with_suffix(".json")
    try:
        said = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(
            f"the labels cannot be read{line}: {error}.", where=str(beside), todo="Write it again as JSON."
        ) from error
    if not isinstance(said, dict) or not isinstance(said.get("labels"), list):
        raise InputError("there is no list 'labels'.", where=str(beside), todo="Give one number for each vertex.")
    labels = _whole_numbers(said["labels"], beside, "field 'labels'")
    if len(labels) != len(mesh.vertices):
        raise InputError(
            f"field 'labels' has {len(labels)} entries, {path.name} has {len(mesh.vertices)} vertices.",
            where=str(beside),
            todo="Give one number for each vertex, in the order of the file.",
        )
    jaw = said.get("jaw")
    named = _JAWS.get(str(jaw).strip().lower()) if jaw is not None else _jaw_in(path)
    if jaw is not None and named is None:
        raise InputError(f"field 'jaw' is {jaw!r}.", where=str(beside), todo="Write 'upper' or 'lower'.")
    return mesh, labels, face_labels(mesh.faces, labels), named


def _jaw_in(path: Path) -> Jaw | None:
    named = _JAW_IN_NAME.match(path.stem)
    return _JAWS[named["jaw"].lower()] if named else None


def _whole_numbers(given: Any, path: Path, what: str) -> NDArray[np.int64]:
    try:
        values = np.asarray(given, dtype=np.float64).reshape(-1)
        whole = values.astype(np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{what} holds something that is no number.", where=str(path), todo="Write integers."
        ) from error
    wrong = np.flatnonzero(whole != values)
    if len(wrong):
        raise InputError(
            f"{what} holds {values[wrong[0]]} at entry {wrong[0]}, which is no whole number.",
            where=str(path),
            todo="Write integers.",
        )
    return whole


def _check_numbers(labels: NDArray[np.int64], path: Path) -> None:
    known = np.isin(labels, sorted(NUMBERS))
    if known.all():
        return
    first = int(np.flatnonzero(~known)[0])
    odd = sorted(set(labels[~known].tolist()))
    raise InputError(
        f"label {labels[first]} of vertex {first} is no tooth number (odd ones: {', '.join(map(str, odd[:8]))}).",
        where=str(path),
        todo="Number teeth by FDI: 11 to 48, 51 to 85, quadrant * 10 + 9 for a supernumerary tooth, 0 for gingiva.",
    )
