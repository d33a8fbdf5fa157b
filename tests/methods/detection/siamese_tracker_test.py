import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection
from tfkd.tasks import tracking

RANDOM = np.random.default_rng(0)


def network(width=4, **arguments):
    return tracking.model(filters=(2, 3, width), **arguments)


def build(**arguments):
    return methods.get("siamese_tracker").build(
        **{
            "teacher": network(5),
            "student": network(),
            "peer_loss": tracking.loss(),
            **arguments,
        }
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def test_both_students_have_the_same_lessons():
    lessons = ["hard", "soft", "boxes", "response", "sharing"]
    assert list(losses()) == [
        *(f"student_{lesson}" for lesson in lessons),
        "peer_task",
        *(f"peer_{lesson}" for lesson in lessons),
    ]


def test_each_student_follows_the_other_and_the_teacher():
    t, one, two = np.zeros((3, 1, 128, 5), "float32")
    # Probabilities of one of 128 regions: 1/2, 1/4, 1/5.
    one[0, 7, 4], two[0, 7, 4] = np.log(1 / 3), np.log(1 / 4)

    def kl(p, q):
        return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))

    found = losses()
    teacher = {"0/outputs": t, "1/peer": two, "1/outputs": one}
    student = {"outputs": one, "peer": two}
    for name, p, q in (
        ("student_soft", 1 / 2, 1 / 4),
        ("student_sharing", 1 / 5, 1 / 4),
        ("peer_soft", 1 / 2, 1 / 5),
        ("peer_sharing", 1 / 4, 1 / 5),
    ):
        value = found[name](teacher, student)
        np.testing.assert_allclose(
            value, kl(p, q) / 128, rtol=1e-3, err_msg=name
        )


def test_responses_are_compared_by_where_they_are_strong():
    loss = losses()["student_response"]
    t = RANDOM.normal(size=(2, 8, 8, 5)).astype("float32")
    s = RANDOM.normal(size=(2, 8, 8, 4)).astype("float32")
    maps = []
    for x in (t, s):
        q = np.sum(x**2, axis=-1).reshape(2, -1)
        maps.append(q / np.linalg.norm(q, axis=1, keepdims=True))
    expected = np.mean((maps[0] - maps[1]) ** 2, axis=1)
    found = loss({"0/response": t}, {"response": s})
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_second_student_has_the_task_and_bounded_boxes_as_well():
    found = losses()
    answers = RANDOM.normal(size=(2, 128, 5)).astype("float32")
    boxes = np.float32([[[2, 2, 10, 10, 0]], [[0, 0, 16, 16, 0]]])
    value = found["peer_task"]({}, {"peer": answers}, labels=boxes)
    expected = float(detection.loss()(boxes, answers))
    np.testing.assert_allclose(np.mean(value), expected, rtol=1e-5)
    # The teacher is right about the first anchor of position (1, 1), and
    # the peer 3 away: 9. As good a peer counts nothing.
    t, s = np.zeros((2, 1, 128, 5), "float32")
    s[0, 18, 1] = 3.0
    hard = found["peer_hard"]
    taps = {"0/outputs": t}
    value = hard(taps, {"peer": s}, labels=boxes[:1])
    np.testing.assert_allclose(value, [9.0], rtol=1e-5)
    value = hard(taps, {"peer": t}, labels=boxes[:1])
    np.testing.assert_allclose(value, [0.0], atol=1e-6)


def test_the_second_student_may_do_without_the_task():
    assert "peer_task" not in losses(peer_loss=None)


def test_a_peer_may_be_given():
    peer = network()
    model = build(peer=peer)
    assert any(layer is peer for layer in model.network._flatten_layers())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"threshold": 1.0}, r"threshold in \[0, 1\)"),
        ({"margin": -1.0}, "margin >= 0"),
        ({"image_size": (30, 32)}, "image_size of siamese_tracker"),
        ({"anchor_sizes": ((8, 8),)}, "anchor_sizes of the detectors"),
        ({"peer_loss": "mse"}, "needs a keras.losses.Loss"),
        ({"sharing_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"peer": network(sizes=((8, 8),))}, "needs two detectors"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_a_peer_is_another_model():
    student = network()
    with pytest.raises(InputError, match="other than the student"):
        build(student=student, peer=student)
