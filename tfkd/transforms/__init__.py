"""Transforms TF_t and TF_s of the survey's Eqn 10: tensor to tensor.

A transform is a Keras layer; where it owns weights they are tracked, trained
and saved with the `Distiller` that uses it.
"""

from tfkd.transforms.affinity_matrix import AffinityMatrix
from tfkd.transforms.attention_map import AttentionMap
from tfkd.transforms.base import Identity
from tfkd.transforms.base import Transform
from tfkd.transforms.channel_samples import ChannelSamples
from tfkd.transforms.fsp_matrix import FSPMatrix
from tfkd.transforms.gaussian_noise import GaussianNoise
from tfkd.transforms.layer_change import LayerChange
from tfkd.transforms.margin_relu import MarginReLU
from tfkd.transforms.margin_relu import expected_negative
from tfkd.transforms.pair_distances import PairDistances
from tfkd.transforms.paraphraser import Paraphraser
from tfkd.transforms.regressor import Regressor
from tfkd.transforms.similarity_matrix import SimilarityMatrix
from tfkd.transforms.translator import Translator
from tfkd.transforms.triplet_angles import TripletAngles

__all__ = [
    "AffinityMatrix",
    "AttentionMap",
    "ChannelSamples",
    "FSPMatrix",
    "GaussianNoise",
    "Identity",
    "LayerChange",
    "MarginReLU",
    "PairDistances",
    "Paraphraser",
    "Regressor",
    "SimilarityMatrix",
    "Transform",
    "Translator",
    "TripletAngles",
    "expected_negative",
]
