import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def student(classes=3):
    return models.build(
        "mlp", input_shape=(4,), num_classes=classes, units=(5,)
    )


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("diversity_cooperation").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def relation(p, q, kind):
    if kind == "diversity":
        return p @ q / np.linalg.norm(p) / np.linalg.norm(q)
    return 0.5 * np.sum((p - q) * np.log(p / q))


def total(distiller, teacher, student, labels):
    return sum(
        factor
        * float(loss.weight(0))
        * np.mean(loss(teacher, student, labels=labels))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )


@pytest.mark.parametrize("kind", ["cooperation", "diversity"])
def test_each_stage_is_the_papers_equation(kind):
    random = np.random.default_rng(0)
    z = random.normal(size=(4, 6, 3))
    labels = np.array([0, 1, 2] * 2)
    members, z_s = z[:3], z[3]
    together, alone = 0.0, 0.0
    for example, y in enumerate(labels):
        p = softmax(members[:, example])
        together -= np.mean(np.log(p[:, y]))
        others = softmax(np.delete(members[:, example], y, axis=1))
        pairs = [
            relation(others[i], others[j], kind)
            for i in range(3)
            for j in range(3)
            if i != j
        ]
        together += 0.7 / 6 * np.sum(pairs)
        target = softmax(members[:, example] / 2).mean(axis=0)
        gap = np.log(target) - np.log(softmax(z_s[example] / 2))
        alone += 0.3 * 4 * np.sum(target * gap)
    chain = build(
        members=3,
        relation=kind,
        relation_weight=0.7,
        temperature=2.0,
        weight=0.3,
    )
    first, second = (stage(None) for stage in chain.stages)
    names = ("logits", "peer1", "peer2")
    taps = dict(zip(names, np.float32(members)))
    np.testing.assert_allclose(
        total(first, taps, taps, labels), together / 6, rtol=1e-5
    )
    taps = {f"{k}/logits": np.float32(members[k]) for k in range(3)}
    np.testing.assert_allclose(
        total(second, taps, {"logits": np.float32(z_s)}, labels),
        alone / 6,
        rtol=1e-5,
    )


def fit(model, epochs):
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    model.compile(
        keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        jit_compile=False,
    )
    return model.fit(x, np.arange(32) % 3, epochs=epochs, verbose=0).history


@pytest.mark.parametrize(
    ("kind", "most"), [("cooperation", 0.5), ("diversity", 1.0)]
)
def test_members_are_drawn_together_or_apart(kind, most):
    chain = build(members=2, relation=kind, relation_weight=20.0)
    gap = fit(chain.stages[0](None), 30)[f"{kind}_logits_peer1"]
    assert gap[-1] < most * gap[0]


def test_the_student_waits_for_the_ensemble():
    chain = build(members=2)
    fit(chain, 1)
    ensemble, student = (stage.history for stage in chain.histories)
    assert "task_peer1" in ensemble
    assert set(student) == {"loss", "task_loss", "soft_targets"}


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"members": 1}, "members of diversity_cooperation"),
        ({"relation": "cooperate"}, "relation of predictions"),
        ({"student": student(classes=2)}, "at least two others"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"relation_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
