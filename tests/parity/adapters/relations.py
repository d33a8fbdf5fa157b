"""Relations between examples of a batch."""

import numpy as np
from keras import ops

from tfkd import distances
from tfkd import losses
from tfkd import transforms

from .helpers import differentiate
from .helpers import evaluate


def _match(transform, distance=None):
    """Eqn 10 with one transform on both sides."""
    return losses.FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=transform(),
        student_transform=transform(),
        distance=distance,
    )


def _adapter(transform, distance=None):
    def adapter(arrays, hyperparameters):
        loss = _match(transform, distance)
        return differentiate(
            lambda a: evaluate(loss, a["t_feat"], a["s_feat"]),
            arrays,
            ["s_feat"],
        )

    return adapter


def rkd(arrays, hyperparameters):
    huber = distances.HuberDistance()
    pairs = _match(transforms.PairDistances, huber)
    angles = _match(transforms.TripletAngles, huber)

    def function(a):
        distance = evaluate(pairs, a["t_feat"], a["s_feat"])
        angle = evaluate(angles, a["t_feat"], a["s_feat"])
        total = (
            hyperparameters["w_d"] * distance + hyperparameters["w_a"] * angle
        )
        return {"loss": total, "distance": distance, "angle": angle}

    return differentiate(function, arrays, ["s_feat"])


def pkt(arrays, hyperparameters):
    distance = distances.ProbabilityKL(hyperparameters["eps"], "mean")
    return _adapter(lambda: transforms.AffinityMatrix(True), distance)(
        arrays, hyperparameters
    )


def irg(arrays, hyperparameters):
    def edges():
        return transforms.PairDistances(squared=True, normalize="max")

    layers = ("feat", "fm1", "fm2")
    graphs = [_match(edges) for _ in layers]
    vertices = _match(transforms.Identity)
    change = losses.FeatureMatch(
        teacher_tap=("t1", "t2"),
        student_tap=("s1", "s2"),
        teacher_transform=transforms.LayerChange("vertices"),
        student_transform=transforms.LayerChange("vertices"),
    )

    def function(a):
        vertex = evaluate(vertices, a["t_logits"], a["s_logits"])
        edge = sum(
            evaluate(graph, a[f"t_{layer}"], a[f"s_{layer}"])
            for graph, layer in zip(graphs, layers)
        ) / len(layers)
        teacher = {"t1": a["t_fm1"], "t2": a["t_fm2"]}
        student = {"s1": a["s_fm1"], "s2": a["s_fm2"]}
        moved = evaluate(change, teacher, student)
        total = (
            hyperparameters["w_vert"] * vertex
            + hyperparameters["w_edge"] * edge
            + hyperparameters["w_tran"] * moved
        )
        return {
            "loss": total,
            "vertex": vertex,
            "edge": edge,
            "transformation": moved,
        }

    wanted = ["s_feat", "s_fm1", "s_fm2", "s_logits"]
    return differentiate(function, arrays, wanted)


def crd(arrays, hyperparameters):
    loss = losses.MemoryContrast(
        teacher_tap="t",
        student_tap="s",
        size=hyperparameters["n_data"],
        negatives=hyperparameters["nce_k"],
        units=arrays["ws"].shape[1],
        temperature=hyperparameters["nce_t"],
        momentum=hyperparameters["nce_m"],
    )
    taps = {"t": arrays["t_feat"]}, {"s": arrays["s_feat"]}
    loss.setup(*taps)
    loss.teacher_memory.assign(arrays["memory_t"])
    loss.student_memory.assign(arrays["memory_s"])
    constants = [hyperparameters[name] for name in ("Z_s", "Z_t")]
    if None not in constants:
        loss.log_z.assign(np.log(constants))

    def function(a):
        # A Dense layer's weights are read-only: its formula, then.
        student = a["s_feat"] @ a["ws"] + a["bs"]
        teacher = a["t_feat"] @ a["wt"] + a["bt"]
        student = loss.embed(lambda x: x, student)
        teacher = loss.embed(lambda x: x, teacher)
        sides = loss.contrast(teacher, student, a["contrast_idx"])
        loss.remember(teacher, student, a["idx"])
        of_student, of_teacher = (ops.mean(side) for side in sides)
        z = np.exp(loss.log_z.numpy())
        return {
            "loss": of_student + of_teacher,
            "s_loss": of_student,
            "t_loss": of_teacher,
            "Z_s": z[0],
            "Z_t": z[1],
            "memory_s_after": loss.student_memory.numpy(),
            "memory_t_after": loss.teacher_memory.numpy(),
        }

    return differentiate(function, arrays, ["s_feat", "ws"])


def cc_adjacent(arrays, hyperparameters):
    return _adapter(transforms.Identity, distances.AdjacentProduct())(
        arrays, hyperparameters
    )


def cc_rbf(arrays, hyperparameters):
    return _adapter(
        lambda: transforms.KernelMatrix(
            gamma=hyperparameters["gamma"], order=hyperparameters["P_order"]
        )
    )(arrays, hyperparameters)


def cc_bilinear(arrays, hyperparameters):
    # The reference takes the norm's root, and divides by B^2.
    loss = _match(lambda: transforms.KernelMatrix("bilinear", normalize=False))
    count = len(arrays["s_feat"])
    return differentiate(
        lambda a: ops.sqrt(evaluate(loss, a["t_feat"], a["s_feat"])) / count,
        arrays,
        ["s_feat"],
    )


def relative_teacher(arrays, hyperparameters):
    # The reference leaves i = j out of the mean over pairs.
    loss = _match(
        lambda: transforms.PairDistances(normalize=None),
        distances.LpDistance(p=1),
    )
    count = len(arrays["s_feat"])
    share = count / (count - 1)
    return differentiate(
        lambda a: share * evaluate(loss, a["t_feat"], a["s_feat"]),
        arrays,
        ["s_feat"],
    )


ADAPTERS = {
    "cc_adjacent": cc_adjacent,
    "cc_bilinear": cc_bilinear,
    "cc_rbf": cc_rbf,
    "crd": crd,
    "irg": irg,
    "pkt": pkt,
    "relative_teacher": relative_teacher,
    "rkd": rkd,
    "rkd_angle": _adapter(transforms.TripletAngles, distances.HuberDistance()),
    "rkd_distance": _adapter(
        transforms.PairDistances, distances.HuberDistance()
    ),
    "sp": _adapter(transforms.SimilarityMatrix),
    "sp_l1norm": _adapter(lambda: transforms.SimilarityMatrix(1)),
}
