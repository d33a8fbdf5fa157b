"""Policies that follow policies."""

from keras import ops

from tfkd import distances
from tfkd import losses

from .helpers import differentiate
from .helpers import evaluate


def policy_distill_gauss(arrays, hyperparameters):
    match = losses.FeatureMatch(
        teacher_tap="policy",
        student_tap="policy",
        distance=distances.GaussianKL("mean"),
    )

    def function(a):
        teacher, student = (
            ops.concatenate([a[f"{x}_mean"], ops.log(a[f"{x}_std"])], axis=-1)
            for x in "ts"
        )
        return evaluate(match, teacher, student)

    return differentiate(function, arrays, ["s_mean", "s_std"])


ADAPTERS = {
    "policy_distill_gauss": policy_distill_gauss,
}
