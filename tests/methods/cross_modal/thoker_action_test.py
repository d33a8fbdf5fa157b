import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def mlp(size=4, classes=3, width=5):
    return models.build(
        "mlp", input_shape=(size,), num_classes=classes, units=(width,)
    )


def build(**arguments):
    arguments = {"teacher": mlp(6), "student": mlp(), **arguments}
    return methods.get("thoker_action").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_every_network_follows_the_answer_and_the_others_mean():
    random = np.random.default_rng(0)
    t, *s = random.normal(size=(4, 5, 3))
    y = np.array([0, 1, 2, 1, 0])
    names = ("logits", "peer1", "peer2")
    answer = np.argmax(t, axis=-1)
    p = [softmax(z) for z in s]
    expected = 0.0
    for i in range(3):
        expected -= 2 * np.mean(np.log(p[i][np.arange(5), answer]))
        if i:  # The student's own labels are the compiled loss.
            expected -= 0.5 * np.mean(np.log(p[i][np.arange(5), y]))
        for j in {0, 1, 2} - {i}:
            kl = np.sum(p[j] * np.log(p[j] / p[i]), axis=-1)
            expected += 3 * np.mean(kl) / 2
    distiller = build(peers=3, weight=2.0, mutual_weight=3.0, task_weight=0.5)
    student = dict(zip(names, np.float32(s)))
    teacher = {"0/logits": np.float32(t)}
    teacher |= {f"1/{name}": z for name, z in student.items()}
    found = sum(
        factor
        * float(loss.weight(0))
        * np.mean(loss(teacher, student, labels=y, step=0))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_skeletons_are_recognized_by_unlabelled_pairs():
    random = np.random.default_rng(0)
    poses = random.normal(size=(96, 4)).astype("float32")
    video = np.concatenate([poses, random.normal(size=(96, 2))], axis=-1)
    teacher, student, other = mlp(6), mlp(width=8), mlp(width=9)
    kernel = np.zeros((6, 5), "float32")
    kernel[:3, :3] = 5 * np.eye(3)
    head = np.eye(5, 3, dtype="float32")
    teacher.set_weights([kernel, np.zeros(5), head, np.zeros(3)])
    answer = np.argmax(teacher(video.astype("float32")), axis=-1)
    distiller = build(teacher=teacher, student=student, partner=other)
    distiller.compile(keras.optimizers.Adam(0.03), jit_compile=False)
    x = {"student": poses, "teacher": video.astype("float32")}
    distiller.fit(x, epochs=30, verbose=0)
    for network in (student, other):
        right = np.argmax(network(poses), axis=-1) == answer
        assert np.mean(right) > 0.85


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"peers": 1}, "peers of thoker_action must be"),
        ({"partner": "a network"}, "`partner` must be a keras.Model"),
        ({"partner": mlp(classes=2)}, "tensors of one shape"),
        ({"teacher": mlp(6, classes=2)}, "tensors of one shape"),
        ({"mutual_weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_a_partner_is_not_the_student():
    student = mlp()
    with pytest.raises(InputError, match="Pass partner=None"):
        build(student=student, partner=student)
