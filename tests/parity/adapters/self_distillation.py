"""Networks that teach themselves."""

from keras import ops

from tfkd import distances
from tfkd import losses
from tfkd import transforms

from .helpers import differentiate
from .helpers import evaluate


def _task(labels, logits):
    loss = losses.TaskLoss(student_tap="s")
    return evaluate(loss, {}, {"s": logits}, labels=labels)


def ddgsd(arrays, hyperparameters):
    divergence = distances.SoftmaxKL(hyperparameters["T"])

    def function(a):
        first, second = a["logits_a"], a["logits_b"]
        ce = sum(_task(arrays["labels"], z) for z in (first, second))
        # A mean over classes, which are ten.
        kd = (
            ops.mean(
                divergence.call(first, second) + divergence.call(second, first)
            )
            / first.shape[-1]
        )
        mmd = ops.mean(distances.LpDistance().call(first, second))
        total = ce + hyperparameters["lmbda"] * kd + hyperparameters["mu"] * mmd
        return {"loss": total, "ce": ce, "kd": kd, "mmd": mmd}

    return differentiate(function, arrays, ["logits_a", "logits_b"])


def ddgsd_feat(arrays, hyperparameters):
    soft = losses.SoftTargets(
        teacher_tap="t",
        student_tap="s",
        temperature=hyperparameters["T"],
    )

    def function(a):
        first, second = a["logits_a"], a["logits_b"]
        # Means over both views' rows, then halved.
        cls = sum(_task(arrays["labels"], z) for z in (first, second)) / 4
        div = sum(
            evaluate(soft, {"t": ops.stop_gradient(t)}, {"s": s})
            for t, s in ((second, first), (first, second))
        )
        # Of one number a view, the mean of all its features.
        means = (
            ops.mean(a[name], axis=-1, keepdims=True)
            for name in ("feat_b", "feat_a")
        )
        mmd = 5e-4 * ops.mean(distances.BatchMMD().call(*means))
        return {"loss": cls + div + mmd, "cls": cls, "div": div, "mmd": mmd}

    return differentiate(function, arrays, ["logits_a", "feat_a"])


def sad_lane(arrays, hyperparameters):
    size = arrays["feat1"].shape[1:3]
    loss = losses.FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=transforms.AttentionDistribution(size=size),
        student_transform=transforms.AttentionDistribution(),
    )
    return differentiate(
        lambda a: evaluate(loss, a["feat2"], a["feat1"]),
        arrays,
        ["feat1", "feat2"],
    )


ADAPTERS = {"ddgsd": ddgsd, "ddgsd_feat": ddgsd_feat, "sad_lane": sad_lane}
