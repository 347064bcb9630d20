"""Oral Architect: from a scan of a mouth to a designed, programmed and predicted restoration.

Not a medical device. The software proposes, a person disposes.
"""

__version__ = "0.1.0"
