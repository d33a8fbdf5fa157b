import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(classes, filters=(3, 4), **arguments):
    return models.build(
        "cnn",
        input_shape=(6, 6, 1),
        num_classes=classes,
        filters=filters,
        strides=(2, 2),
        **arguments,
    )


def build(**arguments):
    return methods.get("dual_gan_ka").build(
        **{
            "teacher": [network(3), network(2)],
            "student": network(4, (2, 3)),
            "label_sets": ((0, 1, 2), (2, 3)),
            "value_range": (0.0, 1.0),
            "noise_size": 4,
            "filters": (4, 3),
            **arguments,
        }
    )


def test_each_teacher_judges_the_images_by_its_own_answers():
    model = build(one_hot=2.0, activation=0.5, entropy=3.0)
    first, second = model.generator_losses
    assert first.teacher_taps == ("0/logits", "0/embedding")
    z = np.log([[3.0, 1.0], [1.0, 3.0]]).astype("float32")
    f = np.array([[1.0, -1.0], [0.0, 4.0]], "float32")
    # Likeliest 3/4 each; mean |f| 1 and 2; mean p = (1/2, 1/2).
    expected = 2 * np.log(4 / 3) - 0.5 * np.array([1, 2]) - 3 * np.log10(2)
    found = second({"1/logits": z, "1/embedding": f}, {})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_student_learns_the_classes_of_all():
    (loss,) = build(temperature=2.0).distillation_losses
    random = np.random.default_rng(0)
    first, second, own = (random.normal(size=(5, n)) for n in (3, 2, 4))
    # Class 2 is known to both: the mean of its logits.
    joined = np.stack(
        [
            first[:, 0],
            first[:, 1],
            (first[:, 2] + second[:, 0]) / 2,
            second[:, 1],
        ],
        axis=1,
    )
    p, q = (np.exp(z / 2) for z in (joined, own))
    p, q = (e / e.sum(axis=1, keepdims=True) for e in (p, q))
    found = loss({"0/logits": first, "1/logits": second}, {"logits": own})
    np.testing.assert_allclose(
        found, np.sum(p * np.log(p / q), axis=1), rtol=1e-4
    )


def test_trains_on_no_data():
    model = build()
    parts = (*(m.model for m in model.teacher.members), model.generator)
    before = [part.get_weights()[0] for part in (*parts, model.student)]
    model.compile("adam", run_eagerly=True)
    history = model.fit(steps_per_epoch=2, batch_size=4, verbose=0).history
    assert {"generator0", "generator1", "joined_targets"} <= set(history)
    after = [part.get_weights()[0] for part in (*parts, model.student)]
    same = list(map(np.array_equal, before, after))
    assert same == [True, True, False, False]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"label_sets": ((0, 1), (2, 3))}, "label_sets of dual_gan_ka"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"one_hot": -1.0}, "one_hot must be"),
        ({"value_range": (1.0, 0.0)}, "value_range"),
        ({"generator_learning_rate": 0.0}, "generator_learning_rate"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
