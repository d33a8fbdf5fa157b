import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection

RANDOM = np.random.default_rng(0)
T, S = RANDOM.normal(size=(2, 2, 128, 7))
F_T, F_S = RANDOM.normal(size=(2, 2, 8, 8, 4))
# The second image is of the target.
Y = np.concatenate([np.full((1, 3, 5), -1), detection.unlabelled(1)])


def network():
    return detection.model(num_classes=3, filters=(2, 3, 4), neck=4)


def build(**arguments):
    arguments = {"teacher": None, "student": network(), **arguments}
    return methods.get("mtor").build(**arguments)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_the_three_terms_are_the_equation_in_the_target():
    q_t, q_s = sigmoid(T[1, :, 4:]), sigmoid(S[1, :, 4:])
    best = np.argsort(-q_t.max(1))[:6]
    best = best[q_t[best].max(1) >= 0.8]
    region = np.mean((q_t - q_s)[best] ** 2)
    inter, intra = [], []
    for i in best:
        for j in best:
            # Two regions share a position.
            cosines = []
            for f in (F_T[1], F_S[1]):
                a, b = f.reshape(64, 4)[[i // 2, j // 2]]
                cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
            inter.append((cosines[0] - cosines[1]) ** 2)
            if i != j and q_t[i].argmax() == q_t[j].argmax():
                intra.append(1 - cosines[1])
    assert len(best) > 2
    assert intra
    expected = 3 * (region + np.mean(inter) + np.mean(intra))
    t = {"outputs": np.float32(T), "fpn": np.float32(F_T)}
    s = {"outputs": np.float32(S), "fpn": np.float32(F_S)}
    model = build(candidates=6, threshold=0.8, weight=3.0)
    found = sum(
        float(loss.weight(0)) * np.asarray(loss(t, s, labels=Y))
        for loss in model.distillation_losses
    )
    # The mean over the batch is that of the one image.
    assert found[0] == 0.0
    np.testing.assert_allclose(found.mean(), expected, rtol=1e-4)


def test_the_average_of_the_student_teaches():
    model = build()
    assert model.teacher.follows_student
    names = [loss.name for loss in model.distillation_losses]
    assert names == ["region", "inter", "intra"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network()}, "needs no teacher"),
        ({"student": cases.student()}, "needs a detector"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"feature_tap": "stage1"}, "share 128 regions evenly"),
        ({"candidates": 0}, "at least as many candidates"),
        ({"threshold": 1.0}, "at least as many candidates"),
        ({"decay": 1.0}, "decay must be"),
        ({"stddev": -1.0}, "stddev"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
