import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(units, classes=3):
    return models.build(
        "mlp", input_shape=(4,), num_classes=classes, units=units
    )


def build(classes=3, **arguments):
    return methods.get("outlook_nonstructural_graph").build(
        # The last layer of each is no stage, but the embedding.
        teacher=network((6, 5, 4)),
        student=network((3, 4, 2), classes),
        **arguments,
    )


def edges(x):
    square = np.sum((x[:, None] - x[None]) ** 2, axis=-1)
    return square / square.max()


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def test_total_is_the_sum_over_types_of_nodes_and_edges():
    random = np.random.default_rng(0)
    t, s = (
        {
            "stage1": random.normal(size=(5, widths[0])),
            "stage2": random.normal(size=(5, widths[1])),
            "logits": random.normal(size=(5, 3)),
        }
        for widths in ((6, 5), (3, 4))
    )
    names = ["stage1", "stage2", "logits"]
    first, second = ([edges(x[name]) for name in names] for x in (t, s))
    within = np.mean([np.mean((a - b) ** 2) for a, b in zip(first, second)])
    between = np.mean(
        [
            np.mean(
                (
                    (first[n] - first[n + 1]) ** 2
                    - (second[n] - second[n + 1]) ** 2
                )
                ** 2
            )
            for n in (0, 1)
        ]
    )
    log_p, log_q = log_softmax(t["logits"]), log_softmax(s["logits"])
    divergence = np.mean(np.sum(np.exp(log_p) * (log_p - log_q), axis=1))
    square = np.mean((t["logits"] - s["logits"]) ** 2)
    expected = 0.5 * (square / 4 + divergence) + 2 * within + 3 * between
    model = build(
        logit_scale=4.0, node_weight=0.5, edge_weight=2.0, type_weight=3.0
    )
    t, s = ({k: np.float32(v) for k, v in x.items()} for x in (t, s))
    found = sum(
        factor * float(loss.weight(0)) * np.mean(loss(t, s))
        for loss, factor in zip(
            model.distillation_losses, model.distillation_loss_weights
        )
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_nodes_see_a_shift_of_all_logits_that_no_edge_sees():
    z = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    values = {
        loss.name: np.mean(loss({"logits": z}, {"logits": z + 2}))
        for loss in build().distillation_losses
        if set(loss.student_taps) == {"logits"}
    }
    np.testing.assert_allclose(values["logit_nodes"], 4, rtol=1e-5)
    np.testing.assert_allclose(values["edges_logits"], 0, atol=1e-8)
    np.testing.assert_allclose(values["output_nodes"], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"pairs": ()}, "needs layers besides"),
        ({"pairs": (("stage1", "no_such"),)}, "no_such"),
        ({"classes": 4}, "received"),
        ({"logit_scale": 0.0}, "logit_scale must be"),
        ({"edge_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
