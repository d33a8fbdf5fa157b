import keras
import numpy as np
import pytest

from tfkd import models
from tfkd import taps
from tfkd.errors import InputError
from tfkd.models.cheap_convs import cheapen


def teacher(**arguments):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=(4, 8, 12),
        **arguments,
    )


def kernels(model, layer):
    """Weights of the convolutions that stand for one."""
    found = [part for part in model.layers if part.name.startswith(layer)]
    found = [p for p in found if isinstance(p, keras.layers.Conv2D)]
    return sum(int(np.prod(part.kernel.shape)) for part in found)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        # 8 -> 12 channels, 3x3: 864 weights in the teacher.
        ({"groups": 4}, 8 * 8 * 9 // 4 + 8 * 12),
        ({"groups": "depthwise"}, 8 * 9 + 8 * 12),
        # 8 -> 6, 6 -> 6 in 3x3, 6 -> 12.
        ({"bottleneck": 2}, 8 * 6 + 6 * 6 * 9 + 6 * 12),
        ({"bottleneck": 2, "groups": 3}, 8 * 6 + 6 * 6 * 9 // 3 + 6 * 12),
    ],
)
def test_weights_are_as_many_as_the_paper_counts(arguments, expected):
    old = teacher()
    assert kernels(old, "stage3_conv") == 8 * 12 * 9
    keep = ["stage1_conv", "stage2_conv"]
    cheap = cheapen(old, keep=keep, **arguments)
    assert kernels(cheap, "stage3_conv") == expected
    assert kernels(cheap, "stage2_conv") == kernels(old, "stage2_conv")


def test_taps_keep_their_names_and_shapes():
    old = teacher()
    cheap = cheapen(old, groups="depthwise")
    assert taps.stages(cheap) == taps.stages(old)
    for tap in (*taps.stages(old), "stage2_conv", "logits"):
        assert taps.shape(cheap, tap) == taps.shape(old, tap)
    assert cheap.count_params() < old.count_params()
    assert cheap.name == old.name


def test_the_first_convolution_stays_unless_others_are_named():
    cheap = cheapen(teacher(), bottleneck=2)
    assert cheap.get_layer("stage1_conv").kernel_size == (3, 3)
    cheap = cheapen(teacher(), bottleneck=2, keep=[])
    assert cheap.get_layer("stage1_conv").kernel_size == (1, 1)


def test_bias_and_activation_stay_and_sequential_models_work():
    conv = keras.layers.Conv2D(6, 3, padding="same", activation="relu")
    model = keras.Sequential(
        [keras.Input((8, 8, 4)), conv, keras.layers.Flatten()]
    )
    cheap = cheapen(model, groups=2, keep=[])
    last = cheap.get_layer(conv.name)
    assert last.use_bias
    assert last.activation is keras.activations.relu
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 4)).astype("float32")
    assert np.min(cheap(x)) == 0
    assert cheap.output_shape == model.output_shape


def test_it_is_saved_and_trained(tmp_path):
    cheap = cheapen(teacher(), groups=2, bottleneck=2)
    cheap.save(tmp_path / "cheap.keras")
    loaded = keras.saving.load_model(tmp_path / "cheap.keras")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    np.testing.assert_array_equal(cheap(x), loaded(x))


def test_channels_that_do_not_divide_are_our_error():
    with pytest.raises(InputError, match=r"divide the 4 channels.*stage2_conv"):
        cheapen(teacher(), groups=3)


def test_numbers_out_of_range_are_our_error():
    for wrong in ({"groups": 0}, {"bottleneck": 1.5}, {"groups": "deep"}):
        with pytest.raises(InputError, match="must be a whole number"):
            cheapen(teacher(), **wrong)
    with pytest.raises(InputError, match="needs groups, a bottleneck, or both"):
        cheapen(teacher())


def test_nothing_to_replace_is_our_error():
    mlp = models.build("mlp", input_shape=(3,), num_classes=2, units=(4,))
    with pytest.raises(InputError, match="a convolution to replace"):
        cheapen(mlp, groups=2)


def test_an_unknown_layer_to_keep_lists_the_closest():
    with pytest.raises(InputError, match="stage1_con'.*stage1_conv"):
        cheapen(teacher(), groups=2, keep=["stage1_con"])


def test_the_new_convolutions_are_regularized_as_the_old_one():
    inputs = keras.Input((8, 8, 4))
    conv = keras.layers.Conv2D(4, 3, kernel_regularizer="l2", name="conv")
    model = keras.Model(inputs, conv(inputs))
    cheap = cheapen(model, groups=2, bottleneck=2, keep=[])
    # 1x1, 3x3 and 1x1.
    assert len(cheap.losses) == 3
