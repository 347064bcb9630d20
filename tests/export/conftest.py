"""Procedural restorations for the tests of the files for machines."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "programme"))
