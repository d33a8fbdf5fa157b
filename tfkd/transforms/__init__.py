"""Transforms TF_t and TF_s of the survey's Eqn 10: tensor to tensor.

A transform is a Keras layer; where it owns weights they are tracked, trained
and saved with the `Distiller` that uses it.
"""

from tfkd.transforms.attention_map import AttentionMap
from tfkd.transforms.base import Identity
from tfkd.transforms.base import Transform
from tfkd.transforms.regressor import Regressor

__all__ = ["AttentionMap", "Identity", "Regressor", "Transform"]
