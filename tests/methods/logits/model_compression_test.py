import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

X = np.random.default_rng(0).normal(size=(24, 5)).astype("float32")


def mlp(classes=2):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp()], "student": mlp(), **arguments}
    return methods.get("model_compression").build(**arguments)


def compiled(**arguments):
    distiller = build(**arguments)
    distiller.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    return distiller


def test_is_the_square_to_the_mean_of_probabilities():
    distiller = build()
    q = [np.array(keras.ops.softmax(m.model(X))) for m in members(distiller)]
    p = np.array(keras.ops.softmax(distiller.student(X)))
    expected = np.mean((p - (q[0] + q[1]) / 2) ** 2, axis=1)
    (loss,) = distiller.distillation_losses
    found = loss(distiller.teacher(X), {"logits": distiller.student(X)})
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-8)


def members(distiller):
    return distiller.teacher.members


def test_an_even_ensemble_teaches_doubt():
    # Teachers (3/4, 1/4) and (1/4, 3/4), a sure student (1, 0):
    # the mean is (1/2, 1/2), and 1/2 (1/4 + 1/4) = 1/4.
    distiller = build()
    (loss,) = distiller.distillation_losses
    teacher = {"logits": np.log([[0.5, 0.5]]).astype("float32")}
    student = {"logits": np.array([[100.0, 0.0]], "float32")}
    np.testing.assert_allclose(loss(teacher, student), [0.25], rtol=1e-6)


def test_mixed_inputs_are_added_to_those_given():
    seen = []

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    compiled(copies=3).fit(
        X, batch_size=8, epochs=1, verbose=0, callbacks=[Count()]
    )
    assert len(seen) == (1 + 3) * 24 / 8


def test_labels_count_for_the_given_inputs_alone():
    distiller = build(copies=1, task_weight=1.0, weight=0.0)
    distiller.compile(
        keras.optimizers.SGD(0.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    y = np.arange(24) % 2
    logs = distiller.fit(X, y, batch_size=48, epochs=1, verbose=0).history
    logits = np.array(distiller.student(X), "float64")
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = (e / e.sum(axis=1, keepdims=True))[np.arange(24), y]
    # Half of the 48 examples have a label.
    expected = -np.mean(np.log(p)) / 2
    np.testing.assert_allclose(logs["task_loss"], [expected], rtol=1e-5)


def test_it_learns_from_mixtures_without_labels():
    keras.utils.set_random_seed(0)
    loss = compiled(copies=2).fit(X, epochs=15, verbose=0).history["loss"]
    assert loss[-1] < 0.3 * loss[0]


def test_a_file_keeps_the_mixing(tmp_path):
    distiller = compiled(copies=2, swap=0.25)
    distiller.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.copies, loaded.munge["swap"]) == (2, 0.25)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"copies": -1}, "copies of model_compression"),
        ({"swap": 2.0}, "swap probability"),
        ({"sharpness": 0.0}, "sharpness > 0"),
        ({"teacher": [mlp(3)]}, "tensors of one shape"),
        ({"teacher": []}, "at least one teacher"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_bad_arguments_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


def test_inputs_that_are_no_array_are_our_error():
    with pytest.raises(InputError, match="one array"):
        compiled(copies=1).fit([X, X])
    with pytest.raises(InputError, match="without sample_weight"):
        compiled(copies=1).fit(X, sample_weight=np.ones(24))
