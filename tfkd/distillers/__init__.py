"""Training loops: Keras models that train a student."""

from tfkd.distillers.chain import Chain
from tfkd.distillers.distiller import Distiller

__all__ = ["Chain", "Distiller"]
