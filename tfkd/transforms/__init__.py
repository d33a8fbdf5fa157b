"""Transforms TF_t and TF_s of the survey's Eqn 10: tensor to tensor.

A transform is a Keras layer; where it owns weights they are tracked, trained
and saved with the `Distiller` that uses it.
"""

from tfkd.transforms.attention_map import AttentionMap
from tfkd.transforms.base import Identity
from tfkd.transforms.base import Transform
from tfkd.transforms.channel_samples import ChannelSamples
from tfkd.transforms.fsp_matrix import FSPMatrix
from tfkd.transforms.margin_relu import MarginReLU
from tfkd.transforms.margin_relu import expected_negative
from tfkd.transforms.paraphraser import Paraphraser
from tfkd.transforms.regressor import Regressor
from tfkd.transforms.translator import Translator

__all__ = [
    "AttentionMap",
    "ChannelSamples",
    "FSPMatrix",
    "Identity",
    "MarginReLU",
    "Paraphraser",
    "Regressor",
    "Transform",
    "Translator",
    "expected_negative",
]
