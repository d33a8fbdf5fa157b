"""Every loss, with its formula in float64 or without."""

import keras
import numpy as np

from tests.parity.extremes.formulas import kl
from tests.parity.extremes.formulas import log_softmax
from tests.parity.extremes.formulas import lp
from tests.parity.extremes.formulas import softmax
from tests.parity.extremes.tensors import FEATURE_MAPS
from tests.parity.extremes.tensors import SHAPE
from tests.parity.extremes.tensors import VECTORS
from tfkd import losses
from tfkd import models
from tfkd import transforms


def made(name, **arguments):
    keras.utils.set_random_seed(0)
    kind = getattr(losses, name)
    names = {"teacher_tap": "t", "student_tap": "s"}
    return kind(**{**names, **arguments})


def relations(x):
    return x @ np.swapaxes(x, -1, -2) / np.sqrt(x.shape[-1])


def stock():
    kl_class = keras.losses.KLDivergence()
    return keras.distillation.LogitsDistillation(loss=kl_class)


def hard_labels(count):
    return np.arange(count, dtype="int32") % SHAPE[-1]


def boxes(count):
    return np.tile(np.float32([[[0, 0, 4, 6, 0]]]), (count, 1, 1))


def local_structure(t, s):
    """KL over the other examples, of which all are neighbours."""
    count = len(t)
    if count == 1:
        return np.zeros(1)
    others = ~np.eye(count, dtype=bool)
    gap = [np.abs(x[:, None] - x).sum(-1) for x in (t, s)]
    kernel = [np.exp(-x / 100)[others].reshape(count, count - 1) for x in gap]
    return kl(*kernel)


# Loss, its formula or None where weights are in it, tensors, and labels.
LOSSES = {
    "SoftTargets": (
        lambda: made("SoftTargets"),
        lambda t, s: 16 * kl(t / 4, s / 4),
        VECTORS,
    ),
    "EnsembleSoftTargets": (
        lambda: losses.EnsembleSoftTargets(
            teacher_taps=("t",), student_tap="s", temperature=2.0
        ),
        lambda t, s: 4 * kl(t / 2, s / 2),
        VECTORS,
    ),
    # A likelihood of logits of 1e4 is beyond float64.
    "DirichletLikelihood": (
        lambda: losses.DirichletLikelihood(
            teacher_taps=("t",), student_tap="s"
        ),
        None,
        VECTORS,
    ),
    "FeatureMatch": (lambda: made("FeatureMatch"), lp, VECTORS),
    "Opposed": (
        lambda: losses.Opposed(made("FeatureMatch")),
        lambda t, s: -lp(t, s),
        VECTORS,
    ),
    "TopScoreDifference": (
        lambda: losses.TopScoreDifference(top=3, student_tap="s"),
        lambda t, s: (
            np.sort(softmax(s))[:, -1] - np.sort(softmax(s))[:, -3:-1].mean(-1)
        ),
        VECTORS,
    ),
    "ClusterTargets": (lambda: made("ClusterTargets"), None, VECTORS),
    "SelectedNeurons": (lambda: made("SelectedNeurons"), None, VECTORS),
    "TripletMargin": (
        lambda: made("TripletMargin", largest_margin=0.5),
        None,
        VECTORS,
    ),
    "VotedOrder": (
        lambda: losses.VotedOrder(teacher_taps=("t",), student_tap="s"),
        None,
        VECTORS,
    ),
    "ResidualLabels": (
        lambda: losses.ResidualLabels(student_tap="s"),
        None,
        VECTORS,
    ),
    "TaskLoss": (
        lambda: losses.TaskLoss(student_tap="s"),
        lambda t, s: -log_softmax(s)[np.arange(len(s)), hard_labels(len(s))],
        VECTORS,
    ),
    "KerasLoss": (lambda: made("KerasLoss", loss=stock()), None, VECTORS),
    "LocalStructure": (
        lambda: made("LocalStructure", neighbors=SHAPE[0]),
        local_structure,
        VECTORS,
    ),
    "MemoryContrast": (
        lambda: made("MemoryContrast", size=4, negatives=3, units=4),
        None,
        VECTORS,
    ),
    "ModalityGraph": (
        lambda: losses.ModalityGraph(
            teacher_logits=("t",),
            teacher_features=("t",),
            student_logits="s",
            student_features="s",
        ),
        None,
        VECTORS,
    ),
    "Adversarial": (
        lambda: made(
            "Adversarial",
            critic=models.critics.mlp((None, *SHAPE[1:]), units=(4,)),
        ),
        None,
        VECTORS,
    ),
    "TeacherLayer": (
        lambda: losses.TeacherLayer(
            transforms.Regressor(units=SHAPE[-1]),
            teacher_tap="t",
            answer_tap="t",
            parts=[
                losses.FeatureMatch(teacher_tap="layer", student_tap="s"),
            ],
        ),
        None,
        VECTORS,
    ),
    "FactorTransfer": (
        lambda: made("FactorTransfer", paraphraser_steps=0),
        None,
        FEATURE_MAPS,
    ),
    "AdaptedCode": (
        lambda: made("AdaptedCode", paraphraser_steps=0),
        None,
        FEATURE_MAPS,
    ),
    "RelationKL": (
        lambda: made("RelationKL", kind="vectors"),
        lambda t, s: kl(relations(t), relations(s)).mean((1, 2)),
        FEATURE_MAPS,
    ),
    "VariationalGaussian": (
        lambda: made("VariationalGaussian"),
        None,
        FEATURE_MAPS,
    ),
    "UncertainMatch": (
        lambda: made("UncertainMatch"),
        None,
        FEATURE_MAPS,
    ),
    "WeightedChannels": (
        lambda: made("WeightedChannels"),
        None,
        FEATURE_MAPS,
    ),
    "KnowledgeProjection": (
        lambda: losses.KnowledgeProjection(routes=(("t", "s"),)),
        None,
        FEATURE_MAPS,
    ),
    "FeatureImitation": (
        lambda: made(
            "FeatureImitation", image_size=(8, 8), anchor_sizes=((4, 4),)
        ),
        None,
        FEATURE_MAPS,
    ),
}
# What compares no two taps of its own.
NO_PAIR = {
    "PartnerTargets": "runs a partner; its own test has extremes",
    "BilingualWords": "applies a layer to words; its own test has extremes",
    "ClassCenters": "reads no teacher; its own test has extremes",
    "ClassConfusions": "two modalities of labels; extremes in its own test",
    "LabelMatch": "a distance of labels",
    "ShapeEnergy": "reads a dictionary; its own test has extremes",
    "LocationMatch": "reads labels; its own test has extremes",
    "GapTargets": "reads labels; its own test has extremes",
    "UnlabelledMatch": "FeatureMatch of examples without label",
    "ClassGraph": "reads no batch; its own test has extremes",
    "VirtualClasses": "reads no batch; its own test has extremes",
    "CommonFeatures": "several teachers; its own test has extremes",
    "FeatureAmalgamation": "several teachers; its own test has extremes",
    "NoisyVotes": "several teachers vote; its own test has the formula",
    "SubsetSoftTargets": "a subset of classes; its own test has extremes",
    "privacy_spent": "a measurement",
    "CTCTargets": "a sum over paths; its own test has extremes",
    "CurriculumLabels": "several experts; its own test has extremes",
    "Dependence": "reads weights; its own test has a cut",
    "SelectedTeacher": "several teachers; its own test has extremes",
    "SelectiveTargets": "reads groups; its own test has extremes",
    "SelfPacedTargets": "SubsetSoftTargets with a factor in [0, 1]",
    "ThroughTeacher": "runs a teacher's layers; its own test has extremes",
    "MarginRanking": "reads the student alone; its own test has extremes",
    "ConfidentImages": "reads the teacher alone",
    "ExplanationMatch": "reads derivatives; its own test has extremes",
    "GatedFeatures": "reads logits too; its own test has extremes",
    "InformativeFeatures": "reads labels; its own test has extremes",
    "JacobianMatch": "reads derivatives; its own test has extremes",
    "CorrectOnly": "another loss, of some examples",
    "CrossedLayers": "applies layers to its taps; its own test has the sum",
    "Consistency": "two taps of the student",
    "GradientNoise": "reads weights; its value is 0",
    "GroupSparsity": "reads weights; its own test has zeros",
    "GraphSmoothness": "a graph over a batch; its own test has extremes",
    "JointLabels": "reads several views; its own test has extremes",
    "ClusterDifferenceTargets": "adapts to data; its own test has extremes",
    "KDLoss": "the base class",
    "LayerSelectivity": "reads the student's logits; its own test has extremes",
    "LearnedPrior": "reads weights; its own test has zeros",
    "MultiHeadGraph": "reads several layers; its own test has extremes",
    "RobustSoftTargets": "reads labels; SoftTargets has the extremes of KL",
    "RouteSelection": "a base class",
    "lost_information": "a measurement",
    "Mixture": "a sum of others",
    "SemanticTargets": "reads labels; its own test has extremes",
    "SingularVectorFlow": "reads several layers; its own test has extremes",
    "ClassBalance": "reads which labels are known; its own test has extremes",
    "ConfidentMatch": "reads which labels are known; its own test has extremes",
    "DomainCentroids": "two domains of a batch; its own test has extremes",
    "DomainGame": "two domains of a batch; its own test has extremes",
    "DomainClusters": "two domains of a batch; its own test has extremes",
    "NonTargetAgreement": "two taps of the student; extremes in its own test",
    "OldClassTargets": "fewer classes of the teacher; extremes in its own test",
    "RegionRelations": "reads answers of detectors; extremes in its own test",
    "TargetConsistency": "reads which labels are known; extremes in its test",
    "BoundedBoxes": "reads answers of detectors; its own test has extremes",
    "RegionFeatures": "reads boxes; its own test has extremes",
    "RegionSoftTargets": "reads answers of detectors; its own test has them",
    "AttentiveMatch": "compares answers with labels; its own test has extremes",
    "LabelLoss": "a Keras loss of labels; it reads no teacher",
    "RefinedMap": "reads images; its own test has extremes",
    "RegionMatch": "reads answers of detectors; its own test has extremes",
    "NeighborContrast": "a graph over a batch; its own test has extremes",
    "AlignedViews": "shares a layer of the student; its own test has extremes",
    "BinaryCodes": "adapts to data; its own test has extremes",
    "CurriculumContrast": "pairs of a batch; its own test has extremes",
    "MatchedPairs": "has weights; its own test has extremes",
    "PairLikelihood": "pairs of a batch; its own test has extremes",
    "PairRanking": "pairs of a batch; its own test has extremes",
    "Photometric": "reads images; its own test has extremes",
    "ProxyMap": "several kinds of penalty; its own test has extremes",
    "PseudoBoxes": "reads a detector; its own test has extremes",
    "RegionTargets": "reads an answer at pixels; its own test has extremes",
    "StableSamples": "two views of two networks; its own test has extremes",
    "TemporalEnsemble": "reads a memory; its own test has extremes",
    "TaughtCritic": "three images a score; its own test has extremes",
    "WeightPrior": "reads weights; its own test has equal ones",
    "ThreePlayerGame": "three networks; its own test has extremes",
    "SemiSupervisedGame": "two networks; its own test has extremes",
    "AlignedTargets": "has weights; its own test has extremes",
    "BestPeerTargets": "several peers; its own test has extremes",
    "CategoricalReturns": "reads returns; its own test has extremes",
    "InformativeScores": "reads answers of detectors; extremes in its own test",
    "JudgedMaps": "has weights; its own test has extremes",
    "KnownMaps": "reads maps as labels; squared differences",
    "OfMember": "another loss, of some examples",
    "RandomShare": "another loss, of some examples",
    "WordSoftTargets": "reads a table of words; its own test has extremes",
}
