"""Training loops: Keras models that train a student."""

from tfkd.distillers.chain import Chain
from tfkd.distillers.data_free import DataFreeDistiller
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.student_trainer import StudentTrainer
from tfkd.distillers.student_trainer import load
from tfkd.distillers.synthesis import SynthesisDistiller

__all__ = [
    "Chain",
    "DataFreeDistiller",
    "Distiller",
    "StudentTrainer",
    "SynthesisDistiller",
    "load",
]
