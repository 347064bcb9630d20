"""Reading, units, repair, quality."""

from .document import Repair, Scan, ScanQuality
from .settings import ScanSettings
from .stage import run

__all__ = ["Repair", "Scan", "ScanQuality", "ScanSettings", "run"]
