"""Training loops: Keras models that train a student."""

from tfkd.distillers.adapting import AdaptingDistiller
from tfkd.distillers.architecture_search import ArchitectureSearch
from tfkd.distillers.attacked import AttackedDistiller
from tfkd.distillers.chain import Chain
from tfkd.distillers.class_gan import ClassGAN
from tfkd.distillers.clipped import ClippedDistiller
from tfkd.distillers.data_free import DataFreeDistiller
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.domain_translator import DomainTranslator
from tfkd.distillers.gan import GANDistiller
from tfkd.distillers.imitation import ImitationDistiller
from tfkd.distillers.learning_paths import LearningPaths
from tfkd.distillers.least_squares import LeastSquares
from tfkd.distillers.meta import MetaDistiller
from tfkd.distillers.old_objects import OldObjectsDistiller
from tfkd.distillers.paced import PacedDistiller
from tfkd.distillers.part import PartDistiller
from tfkd.distillers.part import PartTrainer
from tfkd.distillers.prior import PriorDistiller
from tfkd.distillers.prior import PriorTrainer
from tfkd.distillers.pruned_part import PrunedPart
from tfkd.distillers.pseudo_examples import PseudoExampleDistiller
from tfkd.distillers.stream import StreamDistiller
from tfkd.distillers.stream import StreamLog
from tfkd.distillers.stream_plans import AdaptiveStride
from tfkd.distillers.stream_plans import ChangedFrames
from tfkd.distillers.stream_plans import SlidingWindow
from tfkd.distillers.student_trainer import StudentTrainer
from tfkd.distillers.student_trainer import load
from tfkd.distillers.synthesis import SynthesisDistiller
from tfkd.distillers.translating import TranslatingDistiller
from tfkd.distillers.turns import TurnsDistiller
from tfkd.distillers.two_domains import TwoDomainDistiller
from tfkd.distillers.two_parts import TwoPartDistiller
from tfkd.distillers.two_rates import TwoRateDistiller

__all__ = [
    "AdaptingDistiller",
    "AdaptiveStride",
    "ArchitectureSearch",
    "AttackedDistiller",
    "Chain",
    "ChangedFrames",
    "ClassGAN",
    "ClippedDistiller",
    "DataFreeDistiller",
    "Distiller",
    "DomainTranslator",
    "GANDistiller",
    "ImitationDistiller",
    "LeastSquares",
    "LearningPaths",
    "MetaDistiller",
    "OldObjectsDistiller",
    "PacedDistiller",
    "PartDistiller",
    "PartTrainer",
    "PriorDistiller",
    "PriorTrainer",
    "PrunedPart",
    "PseudoExampleDistiller",
    "SlidingWindow",
    "StreamDistiller",
    "StreamLog",
    "StudentTrainer",
    "SynthesisDistiller",
    "TranslatingDistiller",
    "TurnsDistiller",
    "TwoDomainDistiller",
    "TwoPartDistiller",
    "TwoRateDistiller",
    "load",
]
