"""Training loops: Keras models that train a student."""

from tfkd.distillers.chain import Chain
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.student_trainer import StudentTrainer
from tfkd.distillers.student_trainer import load

__all__ = ["Chain", "Distiller", "StudentTrainer", "load"]
