"""Feature maps and vectors."""

import keras
from keras import ops

from tfkd import losses
from tfkd import numerics
from tfkd.distances import MMD
from tfkd.distances import ActivationBoundary
from tfkd.distances import L21Distance
from tfkd.distances import LpDistance
from tfkd.distances import NormalizedLp
from tfkd.distances import PartialL2
from tfkd.distances.mmd import gaussian_variance
from tfkd.losses.random_share import mean_of
from tfkd.transforms import AttentionMap
from tfkd.transforms import ChannelSamples
from tfkd.transforms import FSPMatrix
from tfkd.transforms import MarginReLU
from tfkd.transforms import Regressor
from tfkd.transforms import expected_negative
from tfkd.transforms.margin_relu import mean_negative

from .helpers import differentiate
from .helpers import evaluate


def fitnet(arrays, hyperparameters):
    regressor = Regressor(use_bias=False)
    loss = losses.FeatureMatch(
        teacher_tap="t", student_tap="s", student_transform=regressor
    )

    def function(a):
        evaluate(loss, a["t_feat"], a["s_feat"])  # builds the regressor
        # Its kernel is that of a 1x1 convolution without the ones.
        regressor.kernel = ops.reshape(a["w"], a["w"].shape[2:])
        return evaluate(loss, a["t_feat"], a["s_feat"])

    return differentiate(function, arrays, ["s_feat", "w"])


def _attention(distance):
    def adapter(arrays, hyperparameters):
        sizes = [arrays[name].shape[1:3] for name in ("s_feat", "t_feat")]
        size = tuple(min(pair) for pair in zip(*sizes))
        loss = losses.FeatureMatch(
            teacher_tap="t",
            student_tap="s",
            distance=distance,
            teacher_transform=AttentionMap(hyperparameters.get("p", 2), size),
            student_transform=AttentionMap(hyperparameters.get("p", 2), size),
        )
        return differentiate(
            lambda a: evaluate(loss, a["t_feat"], a["s_feat"]),
            arrays,
            ["s_feat"],
        )

    return adapter


def l2_normalized(arrays, hyperparameters):
    distance = LpDistance(p=2, reduce="sum")
    scale = hyperparameters["mult"]

    def function(a):
        teacher, student = (
            scale * numerics.l2_normalize(numerics.flatten(a[name]))
            for name in ("t_feat", "s_feat")
        )
        if hyperparameters["mode"] == "batch":
            return distance(teacher, student)
        total = ops.sum(distance.call(teacher, student))
        if hyperparameters["mode"] == "div_element":
            return total / ops.cast(ops.size(teacher), "float32")
        return numerics.safe_sqrt(total)

    return differentiate(function, arrays, ["s_feat"])


def rnd(arrays, hyperparameters):
    def function(a):
        values = LpDistance(reduce="mean").call(a["target"], a["predictor"])
        total = ops.mean(mean_of(values, a["mask"]))
        half = LpDistance(reduce="sum").call(a["target"], a["predictor"]) / 2
        return {"loss": total, "intrinsic": half}

    return differentiate(function, arrays, ["predictor"])


def _fsp(distance, pool):
    def adapter(arrays, hyperparameters):
        count = hyperparameters.get("n_layers", 2)
        names = [(f"feat{i}", f"feat{i + 1}") for i in range(count - 1)]

        def function(a):
            total = 0.0
            for pair in names:
                loss = losses.FeatureMatch(
                    teacher_tap=pair,
                    student_tap=pair,
                    teacher_transform=FSPMatrix(pool),
                    student_transform=FSPMatrix(pool),
                    distance=distance,
                )
                teacher, student = (
                    {name: a[f"{role}_{name}"] for name in pair}
                    for role in "ts"
                )
                total = total + evaluate(loss, teacher, student)
            if count == hyperparameters.get("n_layers") == 2:
                return {"loss": total, "per_pair": total}
            return total

        wanted = [f"s_feat{i}" for i in range(count)]
        return differentiate(function, arrays, wanted)

    return adapter


def _nst(kernel):
    def adapter(arrays, hyperparameters):
        sizes = [arrays[name].shape[1:3] for name in ("s_feat", "t_feat")]
        transform = ChannelSamples(tuple(min(pair) for pair in zip(*sizes)))
        loss = losses.FeatureMatch(
            teacher_tap="t",
            student_tap="s",
            teacher_transform=transform,
            student_transform=transform,
            distance=MMD(kernel),
        )

        def function(a):
            result = {"loss": evaluate(loss, a["t_feat"], a["s_feat"])}
            if kernel == "gaussian":
                result["sigma2"] = gaussian_variance(
                    transform(a["t_feat"]), transform(a["s_feat"])
                )
            return result

        return differentiate(function, arrays, ["s_feat"])

    return adapter


def ab(arrays, hyperparameters):
    count = hyperparameters["n_layers"]
    distance = ActivationBoundary(hyperparameters["margin"], reduce="sum")

    def function(a):
        parts = [
            # As the method weighs them: 3 / 1000, halved for each earlier.
            0.003
            * 2.0 ** (i - count + 1)
            * distance(a[f"t_feat{i}"], a[f"s_feat{i}"])
            for i in range(count)
        ]
        return {"loss": sum(parts), "per_layer": ops.stack(parts)}

    return differentiate(function, arrays, [f"s_feat{i}" for i in range(count)])


def ab_mean(arrays, hyperparameters):
    distance = ActivationBoundary(hyperparameters["margin"], reduce="mean")
    return differentiate(
        lambda a: distance(a["t_feat"], a["s_feat"]), arrays, ["s_feat"]
    )


def _factor_transfer(reduce, summed):
    def adapter(arrays, hyperparameters):
        p = hyperparameters.get("p", 1)
        loss = losses.FactorTransfer(
            teacher_tap="t",
            student_tap="s",
            paraphraser_steps=0,
            distance=LpDistance(p=p, reduce=reduce, root=p == 2),
        )

        def function(a):
            values = loss.compare(a["t_factor"], a["s_factor"])
            return ops.sum(values) if summed else ops.mean(values)

        return differentiate(function, arrays, ["s_factor"])

    return adapter


def ft_spatial(arrays, hyperparameters):
    transform = AttentionMap(hyperparameters["p1"])
    distance = LpDistance(p=hyperparameters["p2"], reduce="mean")
    return differentiate(
        lambda a: distance(transform(a["t_feat"]), transform(a["s_feat"])),
        arrays,
        ["s_feat"],
    )


def margin_relu(arrays, hyperparameters):
    margin = expected_negative(arrays["beta"], abs(arrays["gamma"]))
    return {"loss": 0.0, "margin": margin}


def _overhaul(loss, regressor, a):
    """Evaluates with the fixture's kernel, and its scale and offset."""
    evaluate(loss, a["t_feat"], a["s_feat"])  # builds the regressor
    # Its kernel is that of a 1x1 convolution without the ones.
    regressor.kernel = ops.reshape(a["conv_w"], a["conv_w"].shape[2:])
    regressor.gamma = a.get("bn_gamma", regressor.gamma)
    regressor.beta = a.get("bn_beta", regressor.beta)
    return evaluate(loss, a["t_feat"], a["s_feat"])


def ofd(arrays, hyperparameters):
    regressor = Regressor(use_bias=False, normalize=True)
    loss = losses.FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=MarginReLU(arrays["margin"]),
        student_transform=regressor,
        distance=PartialL2(reduce="sum"),
    )

    def function(a):
        value = _overhaul(loss, regressor, a)
        return {
            "loss": value,
            "total_sum": value * len(arrays["s_feat"]),
            "clovaai_scaled": value / 1000,
        }

    return differentiate(function, arrays, ["s_feat", "conv_w"])


def ofd_batchmargin(arrays, hyperparameters):
    regressor = Regressor(use_bias=False, normalize=True)
    loss = losses.FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=MarginReLU("batch"),
        student_transform=regressor,
        distance=PartialL2(reduce="mean"),
    )

    def function(a):
        value = _overhaul(loss, regressor, a)
        return {"loss": value, "margin": mean_negative(a["t_feat"])}

    return differentiate(function, arrays, ["s_feat"])


def vid(arrays, hyperparameters):
    loss = losses.VariationalGaussian(
        teacher_tap="t", student_tap="s", epsilon=hyperparameters["eps"]
    )

    def function(a):
        evaluate(loss, a["t_feat"], a["s_feat"])  # builds the convolutions
        loss.mean.kernels = [
            ops.reshape(a[name], a[name].shape[2:])
            for name in ("w1", "w2", "w3")
        ]
        loss.log_scale = a["log_scale"]
        return evaluate(loss, a["t_feat"], a["s_feat"])

    return differentiate(function, arrays, ["s_feat", "log_scale", "w3"])


def vid_init(arrays, hyperparameters):
    loss = losses.VariationalGaussian(
        teacher_tap="t",
        student_tap="s",
        initial_variance=hyperparameters["init_var"],
        epsilon=hyperparameters["eps"],
    )
    tap = keras.KerasTensor((None, hyperparameters["channels"]))
    loss.setup({"t": tap}, {"s": tap})
    return {"loss": 0.0, "log_scale": ops.convert_to_numpy(loss.log_scale)}


def feed(arrays, hyperparameters):
    parts = [
        losses.FeatureMatch(
            teacher_tap="t",
            student_tap="s",
            distance=NormalizedLp(p=1, reduce="sum"),
        )
        for _ in range(hyperparameters["n_teachers"])
    ]

    def function(a):
        batch = ops.shape(a["s_trans0"])[0]
        means = ops.stack(
            [
                evaluate(part, a[f"t_feat{i}"], a[f"s_trans{i}"])
                for i, part in enumerate(parts)
            ]
        )
        # The reference sums over the batch.
        sums = means * ops.cast(batch, "float32")
        return {
            "loss": ops.sum(sums),
            "per_teacher": sums,
            "loss_batch_mean": ops.sum(means),
        }

    return differentiate(function, arrays, ["s_trans0"])


ADAPTERS = {
    "ab": ab,
    "ab_mean": ab_mean,
    "at": _attention(LpDistance(p=2, reduce="mean")),
    "at_paper": _attention(LpDistance(p=2, reduce="sum", root=True)),
    "at_zoo": _attention(LpDistance(p=2, reduce="mean")),
    "feed": feed,
    "fitnet": fitnet,
    "fsp": _fsp(LpDistance(p=2, reduce="mean"), "average"),
    "fsp_maxpool": _fsp(L21Distance(axis=1), "max"),
    "ft": _factor_transfer("mean", summed=False),
    "ft_norm": _factor_transfer("sum", summed=True),
    "ft_spatial": ft_spatial,
    "l2_normalized": l2_normalized,
    "margin_relu": margin_relu,
    "nst_gaussian": _nst("gaussian"),
    "nst_linear": _nst("linear"),
    "nst_poly": _nst("poly"),
    "ofd": ofd,
    "ofd_batchmargin": ofd_batchmargin,
    "rnd": rnd,
    "vid": vid,
    "vid_init": vid_init,
}
