"""The case folder, its manifest and history, schemas, digests."""

from .document import Document, Matrix4, Record, Settings, Vector, matrix4, vector
from .manifest import Manifest, Problem, Run
from .schema import document_schema, manifest_schema
from .store import Case, Ran

__all__ = [
    "Case",
    "Document",
    "Manifest",
    "Matrix4",
    "Problem",
    "Ran",
    "Record",
    "Run",
    "Settings",
    "Vector",
    "document_schema",
    "manifest_schema",
    "matrix4",
    "vector",
]
