"""Generated and inverted inputs."""

from tfkd.distances import SoftmaxKL

from .helpers import differentiate


def dafl_kd(arrays, hyperparameters):
    # The reference leaves the factor T^2 out.
    distance = SoftmaxKL(temperature=hyperparameters.get("T", 1.0))
    return differentiate(
        lambda a: distance(a["t_logits"], a["s_logits"]),
        arrays,
        ["s_logits"],
    )


ADAPTERS = {"dafl_kd": dafl_kd}
