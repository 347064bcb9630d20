"""Physics: heat, light, cure, transport, deposition, mineral, saliva, and how sure it all is."""

from .document import Prediction, Range, ToothPrediction
from .stage import TwinSettings, run

__all__ = ["Prediction", "Range", "ToothPrediction", "TwinSettings", "run"]
