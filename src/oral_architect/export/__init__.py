"""Files for other programs and for today's machines."""

from .shapes import CONSTRUCTION_FILE, Form, export_shapes

__all__ = ["CONSTRUCTION_FILE", "Form", "export_shapes"]
