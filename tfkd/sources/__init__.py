"""Where inputs come from that are in no data set.

`make(count)` returns images and labels, made from a teacher alone. Exemplars
are old examples that stay when their data set has gone. Attacks make inputs
of the batch at hand.
"""

from tfkd.sources.attack import Attack
from tfkd.sources.attack import Attacked
from tfkd.sources.balanced_pseudo_labels import balanced_pseudo_labels
from tfkd.sources.boundary_attack import BoundaryAttack
from tfkd.sources.class_batches import ClassBatches
from tfkd.sources.class_gaussians import ClassGaussians
from tfkd.sources.class_generators import ClassGenerators
from tfkd.sources.data_impressions import DataImpressions
from tfkd.sources.event_stack import event_stack
from tfkd.sources.exemplars import Exemplars
from tfkd.sources.exemplars import balanced_split
from tfkd.sources.exemplars import herd
from tfkd.sources.feature_clusters import FeatureClusters
from tfkd.sources.input_optimizer import InputOptimizer
from tfkd.sources.input_optimizer import check_range
from tfkd.sources.input_optimizer import input_shape
from tfkd.sources.multi_shots import multi_shots
from tfkd.sources.munge import munge
from tfkd.sources.pgd import PGD
from tfkd.sources.representations import Representations
from tfkd.sources.spherical import perspective_view
from tfkd.sources.spherical import spherical_view
from tfkd.sources.stimulus import as_stimulus
from tfkd.sources.twelve_views import twelve_views
from tfkd.sources.unlabelled import with_unlabelled

__all__ = [
    "ClassBatches",
    "ClassGaussians",
    "ClassGenerators",
    "Attack",
    "Attacked",
    "BoundaryAttack",
    "DataImpressions",
    "Exemplars",
    "FeatureClusters",
    "InputOptimizer",
    "PGD",
    "Representations",
    "as_stimulus",
    "balanced_pseudo_labels",
    "balanced_split",
    "check_range",
    "event_stack",
    "herd",
    "input_shape",
    "multi_shots",
    "munge",
    "perspective_view",
    "spherical_view",
    "twelve_views",
    "with_unlabelled",
]
