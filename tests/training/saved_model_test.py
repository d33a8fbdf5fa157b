import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.training import model_source

DATA = {"input_shape": (2, 2, 1), "num_classes": 3}


def save(folder, spec, scores):
    """Writes a signature that gives 3 scores of 4 pixels."""
    module = tf.Module()
    module.kernel = tf.Variable(tf.reshape(tf.range(12.0), [4, 3]))
    function = tf.function(
        lambda images: {"scores": scores(images, module.kernel)}
    ).get_concrete_function(spec)
    tf.saved_model.save(module, str(folder), {"serving_default": function})
    return {"path": str(folder)}


def dense(images, kernel):
    return tf.reshape(images, [-1, 4]) @ kernel


def of_strings(images, kernel):
    return dense(tf.io.decode_raw(images, tf.float32), kernel)


def of_one(images, kernel):
    return tf.reshape(images, [1, 4]) @ kernel


def of_unknown_rank(images, kernel):
    rank = tf.random.uniform([1], 2, 3, tf.int32)
    shape = tf.concat([[-1], tf.fill(rank - 1, 3)], 0)
    return tf.reshape(dense(images, kernel), shape)


def test_images_of_unknown_rank_are_those_of_the_data(tmp_path):
    source = save(tmp_path, tf.TensorSpec(None), dense)
    images = np.ones((5, 2, 2, 1), "float32")
    # Columns of the kernel: 0 + 3 + 6 + 9, and 4 more each.
    found = model_source.build(source, **DATA)(images)
    np.testing.assert_allclose(found, [[18.0, 22.0, 26.0]] * 5)


@pytest.mark.parametrize(
    ("spec", "scores", "message"),
    [
        (tf.TensorSpec([None], tf.string), of_strings, "as numbers; two"),
        (tf.TensorSpec([1, 2, 2, 1]), of_one, "any number of images"),
        (
            tf.TensorSpec([None, 2, 2, 1]),
            of_unknown_rank,
            r"one \(batch, classes\); .*, None\]",
        ),
    ],
)
def test_a_signature_that_does_not_fit_is_told(tmp_path, spec, scores, message):
    source = save(tmp_path, spec, scores)
    with pytest.raises(InputError, match=message):
        model_source.build(source, **DATA)
