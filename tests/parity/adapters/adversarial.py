"""Critics, and samples made by attacks."""

from tfkd.distances import SoftmaxKL

from .helpers import differentiate


def bss_kd(arrays, hyperparameters):
    # The reference leaves the factor T^2 out.
    distance = SoftmaxKL(temperature=hyperparameters.get("T", 1.0))
    return differentiate(
        lambda a: distance(a["t_logits"], a["s_logits"]),
        arrays,
        ["s_logits"],
    )


ADAPTERS = {"bss_kd": bss_kd}
