"""JSON schemas of the documents a case holds, for programs that read cases without this one."""

from __future__ import annotations

from typing import Any

from oral_architect.case.document import Document
from oral_architect.case.manifest import Manifest

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the file"}


def document_schema(kind: type[Document]) -> dict[str, Any]:
    """Return the JSON schema of a document's JSON file, its shapes and arrays named by key."""
    schema = kind.model_json_schema(mode="serialization")
    properties = schema.setdefault("properties", {})
    properties["shapes"] = _places("PLY, binary, double precision, mm", {"vertices": _count(), "faces": _count()})
    lengths = {"type": "array", "items": _count()}
    properties["arrays"] = _places("NumPy NPY, version 1.0", {"shape": lengths, "type": {"type": "string"}})
    schema["required"] = sorted({*schema.get("required", []), "shapes", "arrays"})
    return {"$schema": _DIALECT, **schema}


def manifest_schema() -> dict[str, Any]:
    """Return the JSON schema of ``case.json``."""
    return {"$schema": _DIALECT, **Manifest.model_json_schema(mode="serialization")}


def _places(what: str, more: dict[str, Any]) -> dict[str, Any]:
    place = {"file": {"type": "string", "description": f"relative to the stage's folder; {what}"}, "sha256": _DIGEST}
    return {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {**place, **more},
            "required": [*place, *more],
            "additionalProperties": False,
        },
    }


def _count() -> dict[str, Any]:
    return {"type": "integer", "minimum": 0}
