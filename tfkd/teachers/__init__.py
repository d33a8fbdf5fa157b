"""Teachers: whatever provides taps for a batch."""

from tfkd.teachers.as_ensemble import as_ensemble
from tfkd.teachers.base import Teacher
from tfkd.teachers.by_task import by_task
from tfkd.teachers.cached import CachedTeacher
from tfkd.teachers.confident_member import ConfidentMemberTeacher
from tfkd.teachers.copies import CopyTeacher
from tfkd.teachers.copies import EMATeacher
from tfkd.teachers.copies import SnapshotTeacher
from tfkd.teachers.dropout import DropoutTeacher
from tfkd.teachers.ensemble import EnsembleTeacher
from tfkd.teachers.exchange import ExchangeTeacher
from tfkd.teachers.former_student import FormerStudent
from tfkd.teachers.frames import FramesTeacher
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.teachers.frozen_layer import FrozenLayer
from tfkd.teachers.graph_metrics import GraphMetrics
from tfkd.teachers.imitation import imitation_shares
from tfkd.teachers.moving_scene import MovingSceneTeacher
from tfkd.teachers.noisy_logits import NoisyLogitsTeacher
from tfkd.teachers.numbered_member import NumberedMemberTeacher
from tfkd.teachers.own_views import own_views
from tfkd.teachers.pair_matching import PairMatchingTeacher
from tfkd.teachers.random_member import RandomMemberTeacher
from tfkd.teachers.route import RouteTeacher
from tfkd.teachers.scene_flow import SceneFlowTeacher
from tfkd.teachers.self_teacher import SelfTeacher
from tfkd.teachers.semi_global_matching import SemiGlobalMatching
from tfkd.teachers.shown import ShownTeacher
from tfkd.teachers.skipping import SkippingTeacher
from tfkd.teachers.stochastic import StochasticTeacher
from tfkd.teachers.view import ViewTeacher

__all__ = [
    "CachedTeacher",
    "ConfidentMemberTeacher",
    "CopyTeacher",
    "DropoutTeacher",
    "EMATeacher",
    "EnsembleTeacher",
    "ExchangeTeacher",
    "FormerStudent",
    "FramesTeacher",
    "FrozenLayer",
    "FrozenTeacher",
    "GraphMetrics",
    "MovingSceneTeacher",
    "NoisyLogitsTeacher",
    "NumberedMemberTeacher",
    "PairMatchingTeacher",
    "RandomMemberTeacher",
    "RouteTeacher",
    "SceneFlowTeacher",
    "SelfTeacher",
    "SemiGlobalMatching",
    "ShownTeacher",
    "SkippingTeacher",
    "SnapshotTeacher",
    "StochasticTeacher",
    "Teacher",
    "ViewTeacher",
    "as_ensemble",
    "by_task",
    "imitation_shares",
    "own_views",
]
