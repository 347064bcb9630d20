"""The JSON schemas this program publishes: ``case.json`` and every document of a case."""

from __future__ import annotations

from typing import Any

from oral_architect.errors import InputError


def published_schemas(name: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the schema of one document, or of all and of the manifest (``Case``), by name.

    Raises
    ------
    InputError
        When there is no document of that name.
    """
    from oral_architect.anatomy.document import Landscape
    from oral_architect.case import document_schema, manifest_schema
    from oral_architect.construction import Construction
    from oral_architect.design.aesthetics import Aesthetics
    from oral_architect.design.document import Design
    from oral_architect.findings.document import Findings
    from oral_architect.programme.document import Programme
    from oral_architect.scan.document import Scan
    from oral_architect.schedule.document import SessionPlan
    from oral_architect.twin.document import Prediction

    documents = (Scan, Landscape, Findings, Design, Aesthetics, Programme, Prediction, SessionPlan)
    schemas = {"Case": manifest_schema(), **{kind.__name__: document_schema(kind) for kind in documents}}
    schemas["Construction"] = Construction.model_json_schema(mode="serialization")
    if name is None:
        return schemas
    if name not in schemas:
        raise InputError(f"there is no document '{name}'.", where="schema", todo=f"Use one of: {', '.join(schemas)}.")
    return {name: schemas[name]}
