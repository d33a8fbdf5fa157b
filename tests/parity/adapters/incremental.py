"""Growing classes."""

from keras import ops

from tfkd import losses
from tfkd.distances import NormalizedLp
from tfkd.distances import SoftmaxKL
from tfkd.models.bias_correction import BiasCorrection
from tfkd.numerics import l2_normalize
from tfkd.transforms import FirstClasses

from .helpers import differentiate
from .helpers import evaluate


def lwf_kl(arrays, hyperparameters):
    # The reference leaves the factor T^2 out.
    distance = SoftmaxKL(temperature=hyperparameters.get("T", 1.0))
    return differentiate(
        lambda a: distance(a["t_old_logits"], a["s_old_logits"]),
        arrays,
        ["s_old_logits"],
    )


def _soft_cross_entropy(teacher, student, temperature):
    """Our divergence with the teacher's entropy that the reference keeps.

    It mixes 1e-5 / classes into the student's probabilities: within the
    fixtures' tolerance.
    """
    log_q = ops.log_softmax(teacher / temperature, axis=-1)
    entropy = -ops.mean(ops.sum(ops.exp(log_q) * log_q, axis=-1))
    return SoftmaxKL(temperature=temperature)(teacher, student) + entropy


def lwf(arrays, hyperparameters):
    factor = hyperparameters["lamb"]
    return differentiate(
        lambda a: (
            factor
            * _soft_cross_entropy(
                a["t_old_logits"], a["s_old_logits"], hyperparameters["T"]
            )
        ),
        arrays,
        ["s_old_logits"],
    )


def bic(arrays, hyperparameters):
    sizes = hyperparameters["heads"]
    old = arrays["t_logits"].shape[-1]
    weight = old / arrays["s_logits"].shape[-1]
    first = FirstClasses(old)
    task = losses.TaskLoss(student_tap="s")

    def corrected(logits, count):
        stop = 0
        for head, size in enumerate(sizes[:count]):
            layer = BiasCorrection(stop, stop + size, dtype="float32")
            layer.build(logits.shape)
            layer.alpha.assign(arrays["alpha"][head])
            layer.beta.assign(arrays["beta"][head])
            logits, stop = layer(logits), stop + size
        return logits

    def function(a):
        student = corrected(a["s_logits"], len(sizes))
        teacher = corrected(a["t_logits"], len(sizes) - 1)
        distill = _soft_cross_entropy(
            teacher, first(student), hyperparameters["T"]
        )
        ce = evaluate(task, {}, student, labels=a["labels"])
        loss = (1.0 - weight) * ce + weight * distill
        return {"loss": loss, "distill": distill, "ce": ce}

    return differentiate(function, arrays, ["s_logits"])


def lucir(arrays, hyperparameters):
    task = losses.TaskLoss(student_tap="s")
    ranking = losses.MarginRanking(
        old_classes=hyperparameters["n_old"],
        student_tap="s",
        negatives=hyperparameters["K"],
        margin=hyperparameters["dist"],
    )
    keep = NormalizedLp(p=2, reduce="sum")

    def function(a):
        # As `tfkd.models.cosine_head.CosineScores` does with its weights.
        scores = ops.matmul(
            l2_normalize(a["s_feat"]), l2_normalize(a["w"], axis=0)
        )
        forget = hyperparameters["lamda"] * keep(a["t_feat"], a["s_feat"]) / 2
        rank = evaluate(ranking, {}, scores, labels=a["labels"])
        rank = hyperparameters["lamb_mr"] * rank
        logits = a["sigma"] * scores
        ce = evaluate(task, {}, logits, labels=a["labels"])
        return {
            "loss": forget + rank + ce,
            "less_forget": forget,
            "margin_ranking": rank,
            "ce": ce,
        }

    return differentiate(function, arrays, ["s_feat", "w"])


ADAPTERS = {"bic": bic, "lucir": lucir, "lwf": lwf, "lwf_kl": lwf_kl}
