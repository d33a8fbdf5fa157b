import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(*filters):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    return methods.get("l2t_ww").build(
        teacher=network(5, 6), student=network(3, 4), **arguments
    )


def test_every_stage_is_matched_with_every_stage():
    losses = build().distillation_losses
    assert [(*loss.teacher_taps, *loss.student_taps) for loss in losses] == [
        ("stage1", "stage1"),
        ("stage1", "stage2"),
        ("stage2", "stage1"),
        ("stage2", "stage2"),
    ]
    # 1x1 convolutions lead to the teacher's channels.
    widths = [loss.regressor.units for loss in losses]
    assert widths == [5, 5, 6, 6]


def test_meta_networks_start_with_equal_channels_and_have_their_optimizer():
    model = build(meta_learning_rate=0.5, meta_weight_decay=0.25)
    for loss in model.distillation_losses:
        assert not np.any(loss.what.get_weights()[0])
        np.testing.assert_array_equal(loss.where.get_weights()[1], [1.0])
    assert float(model.meta_optimizer.learning_rate) == 0.5
    assert model.meta_optimizer.weight_decay == 0.25
    own = {id(v) for v in model.trainable_variables}
    assert not own & {id(v) for v in model.meta_optimizer._trainable_variables}


def test_what_and_where_are_learned():
    model = build(meta_learning_rate=0.01)
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    # The first update moves lambda; channels follow as the errors differ.
    x = np.random.default_rng(0).uniform(size=(8, 8, 8, 1))
    before = [np.array(v) for v in model.moved_apart()]
    model.fit(x, np.arange(8) % 3, epochs=2, verbose=0)
    after = [np.array(v) for v in model.moved_apart()]
    assert not any(map(np.array_equal, before, after))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"pairs": (("logits", "stage1"),)}, "of known size"),
        ({"pairs": (("stage1", "no_such"),)}, "no_such"),
        ({"meta_learning_rate": 0.0}, "meta_learning_rate of l2t_ww"),
        ({"inner_steps": 1.5}, "inner_steps must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
