"""The case folder, its manifest and history, schemas, digests."""

from .document import Document, Matrix4, Record, Settings, Vector, matrix4, vector

__all__ = ["Document", "Matrix4", "Record", "Settings", "Vector", "matrix4", "vector"]
