"""Physics: heat, deposition, uncertainty."""

from .document import Prediction, ToothPrediction
from .stage import TwinSettings, run

__all__ = ["Prediction", "ToothPrediction", "TwinSettings", "run"]
