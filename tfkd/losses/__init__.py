"""Distillation losses: what is compared, how much it counts.

Each is a Keras layer, so that transforms inside it are trained and saved, and
a `keras.distillation.DistillationLoss`.
"""

from tfkd.losses.adapted_code import AdaptedCode
from tfkd.losses.adversarial import Adversarial
from tfkd.losses.aligned_targets import AlignedTargets
from tfkd.losses.aligned_views import AlignedViews
from tfkd.losses.attentive_match import AttentiveMatch
from tfkd.losses.base import KDLoss
from tfkd.losses.best_peer import BestPeerTargets
from tfkd.losses.bilingual_words import BilingualWords
from tfkd.losses.binary_codes import BinaryCodes
from tfkd.losses.bounded_boxes import BoundedBoxes
from tfkd.losses.categorical_returns import CategoricalReturns
from tfkd.losses.class_balance import ClassBalance
from tfkd.losses.class_centers import ClassCenters
from tfkd.losses.class_confusions import ClassConfusions
from tfkd.losses.class_graph import ClassGraph
from tfkd.losses.cluster_difference_targets import ClusterDifferenceTargets
from tfkd.losses.cluster_targets import ClusterTargets
from tfkd.losses.common_features import CommonFeatures
from tfkd.losses.confident_images import ConfidentImages
from tfkd.losses.confident_match import ConfidentMatch
from tfkd.losses.consistency import Consistency
from tfkd.losses.correct_only import CorrectOnly
from tfkd.losses.crossed_layers import CrossedLayers
from tfkd.losses.ctc_targets import CTCTargets
from tfkd.losses.curriculum_contrast import CurriculumContrast
from tfkd.losses.curriculum_labels import CurriculumLabels
from tfkd.losses.dependence import Dependence
from tfkd.losses.dirichlet_likelihood import DirichletLikelihood
from tfkd.losses.domain_centroids import DomainCentroids
from tfkd.losses.domain_clusters import DomainClusters
from tfkd.losses.domain_game import DomainGame
from tfkd.losses.ensemble_soft_targets import EnsembleSoftTargets
from tfkd.losses.explanation_match import ExplanationMatch
from tfkd.losses.factor_transfer import FactorTransfer
from tfkd.losses.feature_amalgamation import FeatureAmalgamation
from tfkd.losses.feature_imitation import FeatureImitation
from tfkd.losses.feature_match import FeatureMatch
from tfkd.losses.gap_targets import GapTargets
from tfkd.losses.gated_features import GatedFeatures
from tfkd.losses.gradient_noise import GradientNoise
from tfkd.losses.graph_smoothness import GraphSmoothness
from tfkd.losses.group_sparsity import GroupSparsity
from tfkd.losses.informative_features import InformativeFeatures
from tfkd.losses.informative_scores import InformativeScores
from tfkd.losses.jacobian_match import JacobianMatch
from tfkd.losses.joint_labels import JointLabels
from tfkd.losses.judged_maps import JudgedMaps
from tfkd.losses.keras_loss import KerasLoss
from tfkd.losses.knowledge_projection import KnowledgeProjection
from tfkd.losses.known_maps import KnownMaps
from tfkd.losses.label_loss import LabelLoss
from tfkd.losses.label_match import LabelMatch
from tfkd.losses.layer_selectivity import LayerSelectivity
from tfkd.losses.learned_prior import LearnedPrior
from tfkd.losses.local_structure import LocalStructure
from tfkd.losses.location_match import LocationMatch
from tfkd.losses.lost_information import lost_information
from tfkd.losses.margin_ranking import MarginRanking
from tfkd.losses.matched_pairs import MatchedPairs
from tfkd.losses.memory_contrast import MemoryContrast
from tfkd.losses.mixture import Mixture
from tfkd.losses.modality_graph import ModalityGraph
from tfkd.losses.multi_head_graph import MultiHeadGraph
from tfkd.losses.neighbor_contrast import NeighborContrast
from tfkd.losses.noisy_votes import NoisyVotes
from tfkd.losses.noisy_votes import privacy_spent
from tfkd.losses.non_target_agreement import NonTargetAgreement
from tfkd.losses.of_member import OfMember
from tfkd.losses.old_class_targets import OldClassTargets
from tfkd.losses.opposed import Opposed
from tfkd.losses.pair_likelihood import PairLikelihood
from tfkd.losses.pair_ranking import PairRanking
from tfkd.losses.partner_targets import PartnerTargets
from tfkd.losses.photometric import Photometric
from tfkd.losses.proxy_map import ProxyMap
from tfkd.losses.pseudo_boxes import PseudoBoxes
from tfkd.losses.random_share import RandomShare
from tfkd.losses.refined_map import RefinedMap
from tfkd.losses.region_features import RegionFeatures
from tfkd.losses.region_match import RegionMatch
from tfkd.losses.region_relations import RegionRelations
from tfkd.losses.region_soft_targets import RegionSoftTargets
from tfkd.losses.region_targets import RegionTargets
from tfkd.losses.relation_kl import RelationKL
from tfkd.losses.residual_labels import ResidualLabels
from tfkd.losses.robust_soft_targets import RobustSoftTargets
from tfkd.losses.route_selection import RouteSelection
from tfkd.losses.selected_neurons import SelectedNeurons
from tfkd.losses.selected_teacher import SelectedTeacher
from tfkd.losses.selective_targets import SelectiveTargets
from tfkd.losses.self_paced_targets import SelfPacedTargets
from tfkd.losses.semantic_targets import SemanticTargets
from tfkd.losses.semi_supervised_game import SemiSupervisedGame
from tfkd.losses.shape_energy import ShapeEnergy
from tfkd.losses.singular_vector_flow import SingularVectorFlow
from tfkd.losses.soft_targets import SoftTargets
from tfkd.losses.stable_samples import StableSamples
from tfkd.losses.subset_soft_targets import SubsetSoftTargets
from tfkd.losses.target_consistency import TargetConsistency
from tfkd.losses.task_loss import TaskLoss
from tfkd.losses.taught_critic import TaughtCritic
from tfkd.losses.teacher_layer import TeacherLayer
from tfkd.losses.temporal_ensemble import TemporalEnsemble
from tfkd.losses.three_player_game import ThreePlayerGame
from tfkd.losses.through_teacher import ThroughTeacher
from tfkd.losses.top_score_difference import TopScoreDifference
from tfkd.losses.triplet_margin import TripletMargin
from tfkd.losses.uncertain_match import UncertainMatch
from tfkd.losses.unlabelled_match import UnlabelledMatch
from tfkd.losses.variational_gaussian import VariationalGaussian
from tfkd.losses.virtual_classes import VirtualClasses
from tfkd.losses.voted_order import VotedOrder
from tfkd.losses.weight_prior import WeightPrior
from tfkd.losses.weighted_channels import WeightedChannels
from tfkd.losses.word_soft_targets import WordSoftTargets

__all__ = [
    "AdaptedCode",
    "Adversarial",
    "AlignedTargets",
    "AlignedViews",
    "AttentiveMatch",
    "BestPeerTargets",
    "BilingualWords",
    "BinaryCodes",
    "BoundedBoxes",
    "CategoricalReturns",
    "ClassBalance",
    "ClassCenters",
    "ClassConfusions",
    "ClassGraph",
    "ClusterDifferenceTargets",
    "ClusterTargets",
    "CommonFeatures",
    "ConfidentImages",
    "ConfidentMatch",
    "CrossedLayers",
    "CorrectOnly",
    "CTCTargets",
    "CurriculumContrast",
    "CurriculumLabels",
    "Dependence",
    "DirichletLikelihood",
    "Consistency",
    "DomainCentroids",
    "DomainClusters",
    "DomainGame",
    "EnsembleSoftTargets",
    "ExplanationMatch",
    "FactorTransfer",
    "FeatureAmalgamation",
    "FeatureImitation",
    "FeatureMatch",
    "GapTargets",
    "GatedFeatures",
    "GradientNoise",
    "GraphSmoothness",
    "GroupSparsity",
    "InformativeFeatures",
    "InformativeScores",
    "JacobianMatch",
    "JointLabels",
    "JudgedMaps",
    "KDLoss",
    "KerasLoss",
    "KnowledgeProjection",
    "KnownMaps",
    "LabelLoss",
    "LabelMatch",
    "LayerSelectivity",
    "LearnedPrior",
    "LocalStructure",
    "LocationMatch",
    "MarginRanking",
    "MatchedPairs",
    "MemoryContrast",
    "Mixture",
    "MultiHeadGraph",
    "ModalityGraph",
    "NoisyVotes",
    "NeighborContrast",
    "NonTargetAgreement",
    "OfMember",
    "OldClassTargets",
    "Opposed",
    "PairLikelihood",
    "PairRanking",
    "RandomShare",
    "RegionFeatures",
    "RefinedMap",
    "RegionMatch",
    "RegionRelations",
    "PartnerTargets",
    "Photometric",
    "ProxyMap",
    "PseudoBoxes",
    "RegionSoftTargets",
    "RegionTargets",
    "RelationKL",
    "SelectedNeurons",
    "SelectedTeacher",
    "SelectiveTargets",
    "SelfPacedTargets",
    "RobustSoftTargets",
    "RouteSelection",
    "SemanticTargets",
    "SemiSupervisedGame",
    "ShapeEnergy",
    "SingularVectorFlow",
    "ResidualLabels",
    "SoftTargets",
    "SubsetSoftTargets",
    "StableSamples",
    "TargetConsistency",
    "TaskLoss",
    "TaughtCritic",
    "TemporalEnsemble",
    "TeacherLayer",
    "ThreePlayerGame",
    "ThroughTeacher",
    "TopScoreDifference",
    "TripletMargin",
    "UncertainMatch",
    "UnlabelledMatch",
    "VariationalGaussian",
    "VirtualClasses",
    "VotedOrder",
    "WeightPrior",
    "WeightedChannels",
    "WordSoftTargets",
    "lost_information",
    "privacy_spent",
]
