"""Transforms TF_t and TF_s of the survey's Eqn 10: tensor to tensor.

A transform is a Keras layer; where it owns weights they are tracked, trained
and saved with the `Distiller` that uses it.
"""

from tfkd.transforms.affinity_matrix import AffinityMatrix
from tfkd.transforms.attention_distribution import AttentionDistribution
from tfkd.transforms.attention_gate import AttentionGate
from tfkd.transforms.attention_map import AttentionMap
from tfkd.transforms.base import Identity
from tfkd.transforms.base import Transform
from tfkd.transforms.channel_samples import ChannelSamples
from tfkd.transforms.compact_bilinear import CompactBilinear
from tfkd.transforms.confident_label_mix import ConfidentLabelMix
from tfkd.transforms.confident_targets import ConfidentTargets
from tfkd.transforms.conv_relu import ConvReLU
from tfkd.transforms.dynamic_temperature import DynamicTemperature
from tfkd.transforms.first_classes import FirstClasses
from tfkd.transforms.flow_mix import FlowMix
from tfkd.transforms.fsp_matrix import FSPMatrix
from tfkd.transforms.gated_ensemble import GatedEnsemble
from tfkd.transforms.gaussian_noise import GaussianNoise
from tfkd.transforms.hard_targets import HardTargets
from tfkd.transforms.joined_classes import JoinedClasses
from tfkd.transforms.joint_aggregate import JointAggregate
from tfkd.transforms.kernel_matrix import KernelMatrix
from tfkd.transforms.knowledge_adjustment import KnowledgeAdjustment
from tfkd.transforms.label_mix import LabelMix
from tfkd.transforms.layer_change import LayerChange
from tfkd.transforms.log_similarity import LogSimilarity
from tfkd.transforms.map_critic import MapCritic
from tfkd.transforms.margin_relu import MarginReLU
from tfkd.transforms.margin_relu import expected_negative
from tfkd.transforms.montage import Montage
from tfkd.transforms.neighbor_differences import NeighborDifferences
from tfkd.transforms.noisy_view import noisy_view
from tfkd.transforms.pair_distances import PairDistances
from tfkd.transforms.paraphraser import Paraphraser
from tfkd.transforms.peer_attention import PeerAttention
from tfkd.transforms.pick import Pick
from tfkd.transforms.pooled_map import PooledMap
from tfkd.transforms.position import Position
from tfkd.transforms.position_affinity import PositionAffinity
from tfkd.transforms.random_crop import RandomCrop
from tfkd.transforms.random_shift import RandomShift
from tfkd.transforms.region_gate import RegionGate
from tfkd.transforms.regressor import Regressor
from tfkd.transforms.reversed_pair import ReversedPair
from tfkd.transforms.rotations import Rotations
from tfkd.transforms.rotations import StackedPart
from tfkd.transforms.scaled_gradient import ScaledGradient
from tfkd.transforms.scaled_view import ScaledView
from tfkd.transforms.similarity_matrix import SimilarityMatrix
from tfkd.transforms.singular_vectors import SingularVectors
from tfkd.transforms.squeezed_attention import SqueezedAttention
from tfkd.transforms.translator import Translator
from tfkd.transforms.triplet_angles import TripletAngles
from tfkd.transforms.unified_classes import UnifiedClasses

__all__ = [
    "AffinityMatrix",
    "AttentionDistribution",
    "AttentionGate",
    "AttentionMap",
    "ChannelSamples",
    "CompactBilinear",
    "ConfidentLabelMix",
    "ConfidentTargets",
    "ConvReLU",
    "DynamicTemperature",
    "FSPMatrix",
    "FirstClasses",
    "FlowMix",
    "GatedEnsemble",
    "GaussianNoise",
    "HardTargets",
    "Identity",
    "JoinedClasses",
    "JointAggregate",
    "KernelMatrix",
    "KnowledgeAdjustment",
    "LabelMix",
    "LayerChange",
    "LogSimilarity",
    "MapCritic",
    "MarginReLU",
    "Montage",
    "NeighborDifferences",
    "PairDistances",
    "Paraphraser",
    "PeerAttention",
    "Pick",
    "PooledMap",
    "Position",
    "PositionAffinity",
    "RandomCrop",
    "RandomShift",
    "RegionGate",
    "Regressor",
    "ReversedPair",
    "Rotations",
    "ScaledGradient",
    "ScaledView",
    "SimilarityMatrix",
    "SingularVectors",
    "SqueezedAttention",
    "StackedPart",
    "Transform",
    "Translator",
    "TripletAngles",
    "UnifiedClasses",
    "expected_negative",
    "noisy_view",
]
