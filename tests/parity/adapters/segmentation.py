"""Dense logits, and relations between positions."""

from keras import ops

from tfkd import losses
from tfkd.distances import LpDistance
from tfkd.transforms import PositionAffinity

from .helpers import differentiate
from .helpers import evaluate


def seg_pixelwise(arrays, hyperparameters):
    # The reference sums the batch, and leaves the teacher's entropy in.
    loss = losses.SoftTargets(temperature=1.0)
    batch, height, width, _ = arrays["t_logits"].shape

    def function(a):
        log_q = ops.log_softmax(a["t_logits"], axis=-1)
        entropy = -ops.sum(ops.exp(log_q) * log_q) / (height * width)
        return batch * evaluate(loss, a["t_logits"], a["s_logits"]) + entropy

    return differentiate(function, arrays, ["s_logits"])


def seg_pairwise(arrays, hyperparameters):
    patch = int(arrays["t_feat"].shape[1] * hyperparameters["scale"])
    nodes = tuple(-(-size // patch) for size in arrays["t_feat"].shape[1:3])
    loss = losses.FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=PositionAffinity(nodes, detach_norm=True),
        student_transform=PositionAffinity(nodes, detach_norm=True),
        distance=LpDistance(p=2, reduce="mean"),
    )
    return differentiate(
        lambda a: evaluate(loss, a["t_feat"], a["s_feat"]),
        arrays,
        ["s_feat"],
    )


ADAPTERS = {"seg_pairwise": seg_pairwise, "seg_pixelwise": seg_pixelwise}
