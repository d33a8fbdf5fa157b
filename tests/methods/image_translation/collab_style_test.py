import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import translator
from tfkd.taps import Extractor
from tfkd.taps import cut

X = np.random.default_rng(0).uniform(0, 1, (4, 4, 4, 1)).astype("float32")
TAPS = ["stage1", "stage2"]


def network(filters=(2, 2, 2)):
    return translator.build((4, 4, 1), filters=filters, value_range=(0.0, 1.0))


def build(**arguments):
    arguments = {
        "teacher": network((3, 4, 3)),
        "student": network(),
        **arguments,
    }
    return methods.get("collab_style").build(**arguments)


def perceived(teacher, image):
    """Squared errors of pixels, and half of those of each tap of E."""
    wanted, seen = (Extractor(teacher, TAPS)(batch) for batch in (X, image))
    gaps = [np.asarray(wanted[k]) - np.asarray(seen[k]) for k in TAPS]
    pixels = ((X - np.asarray(image)) ** 2).mean()
    return pixels + 0.5 * sum((gap**2).mean() for gap in gaps)


def test_each_stage_is_its_equation():
    teacher, student = network((3, 4, 3)), network()
    chain = build(
        teacher=teacher,
        student=student,
        embedding_weight=3.0,
        perceptual_weight=0.5,
    )
    encoder, decoder = (stage(None) for stage in chain.stages)
    for stage in (encoder, decoder):
        stage.compile("sgd", run_eagerly=True)
    q = encoder.network.get_layer("embedding").kernel.numpy()[0, 0]
    embedded = np.asarray(Extractor(student, ["stage2"])(X)["stage2"]) @ q
    code = np.asarray(Extractor(teacher, ["stage2"])(X)["stage2"])
    image = cut(teacher, ["stage2"])[1](embedded)
    expected = perceived(teacher, image) + 3 * ((code - embedded) ** 2).mean()
    second = perceived(teacher, student(X))
    logs = decoder.compute_loss(x=X, y_pred=decoder(X, training=True))
    np.testing.assert_allclose(logs, second, rtol=1e-4)
    logs = encoder.train_on_batch(X, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_the_encoder_is_trained_first_and_the_decoder_after():
    student = network()
    before = [v.numpy() for v in student.weights]
    encoder, decoder = (stage(None) for stage in build(student=student).stages)
    # Kernels and biases of stage 1 and 2, then those behind the code.
    for stage, changed in ((encoder, slice(0, 4)), (decoder, slice(4, None))):
        stage.compile("sgd", run_eagerly=True)
        stage.fit(X, batch_size=4, epochs=1, verbose=0)
        moved = np.array(
            [
                not np.array_equal(v.numpy(), then)
                for v, then in zip(student.weights, before)
            ]
        )
        assert moved[changed].all()
        before = [v.numpy() for v in student.weights]
    assert moved.sum() == len(moved) - 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": cases.student()}, "images of their size"),
        ({"teacher": cases.teacher()}, "images of their size"),
        ({"code_tap": "no_such"}, "no_such"),
        ({"perceptual_taps": ("no_such",)}, "no_such"),
        ({"embedding_weight": -1.0}, "weight must be"),
        ({"perceptual_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)


def test_codes_of_other_sizes_are_our_error():
    inputs = keras.Input((4, 4, 1))
    small = keras.layers.MaxPooling2D(name="stage2")(inputs)
    large = keras.layers.UpSampling2D()(small)
    with pytest.raises(InputError, match="codes"):
        build(student=keras.Model(inputs, large))
