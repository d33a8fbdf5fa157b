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


@pytest.mark.parametrize("kind", ["cooperation", "diversity"])
def test_total_is_the_papers_equation(kind):
    random = np.random.default_rng(0)
    z = random.normal(size=(4, 6, 3))
    labels = np.array([0, 1, 2] * 2)
    members, z_s = z[:3], z[3]
    expected = 0.0
    for example, y in enumerate(labels):
        p = softmax(members[:, example])
        expected -= np.mean(np.log(p[:, y]))
        others = softmax(np.delete(members[:, example], y, axis=1))
        pairs = [
            relation(others[i], others[j], kind)
            for i in range(3)
            for j in range(3)
            if i != j
        ]
        expected += 0.7 / 6 * np.sum(pairs)
        target = softmax(members[:, example] / 2).mean(axis=0)
        gap = np.log(target) - np.log(softmax(z_s[example] / 2))
        expected += 0.3 * 4 * np.sum(target * gap)
    distiller = build(
        members=3,
        relation=kind,
        relation_weight=0.7,
        temperature=2.0,
        weight=0.3,
    )
    taps = {f"peer{k + 1}": np.float32(members[k]) for k in range(3)}
    taps["logits"] = np.float32(z_s)
    found = sum(
        factor * float(loss.weight(0)) * np.mean(loss(taps, taps, labels))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )
    np.testing.assert_allclose(found, expected / 6, rtol=1e-5)


def test_cooperation_draws_members_together_and_diversity_apart():
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    y = np.arange(32) % 3
    gaps = {}
    for kind in ("cooperation", "diversity"):
        model = build(members=2, relation=kind, relation_weight=20.0)
        model.compile("adam", "sparse_categorical_crossentropy")
        logs = model.fit(x, y, epochs=30, batch_size=8, verbose=0).history
        gaps[kind] = logs[f"{kind}_peer1_peer2"]
    assert gaps["cooperation"][-1] < 0.5 * gaps["cooperation"][0]
    assert gaps["diversity"][-1] < gaps["diversity"][0]


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
