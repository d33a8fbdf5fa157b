import keras
import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import methods
from tfkd import tasks
from tfkd.errors import InputError


def build(**arguments):
    arguments = {"student": sequences.language_model(), **arguments}
    return methods.get("self_kd_nlp").build(teacher=None, **arguments)


def test_targets_are_distances_of_the_networks_own_vectors():
    student = sequences.language_model()
    distiller = build(student=student, temperature=0.5)
    (loss,) = distiller.distillation_losses
    kernel = student.get_layer("logits").kernel
    x, y = sequences.next_words(count=2)
    taps = distiller(x, training=True)
    found = loss(distiller.teacher(x, student=taps), taps, labels=y, step=0)
    vectors = np.transpose(kernel).astype("float64")
    logits = np.asarray(taps["logits"], "float64")
    expected = []
    for example, labels in zip(logits, y):
        total = []
        for z, label in zip(example, labels):
            if label < 0:
                continue
            distance = np.linalg.norm(vectors - vectors[label], axis=1)
            q = np.exp(-distance / 0.5)
            q /= q.sum()
            p = np.exp(z) / np.exp(z).sum()
            total.append(np.sum(q * np.log(q / p)))
        expected.append(np.mean(total))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_no_gradient_moves_the_vectors_towards_the_targets():
    # With one position's logits fixed, nothing else may follow the loss.
    distiller = build(task_weight=0.0)
    layer = distiller.student.get_layer("logits")
    layer.trainable = False
    distiller.compile(keras.optimizers.SGD(1.0), tasks.get("sequence").loss())
    before = np.array(layer.kernel)
    distiller.fit(*sequences.next_words(count=4), verbose=0)
    np.testing.assert_array_equal(before, layer.kernel)


def test_rejects_arguments():
    student = sequences.language_model()
    with pytest.raises(InputError, match="needs no teacher"):
        methods.get("self_kd_nlp").build(teacher=student, student=student)
    with pytest.raises(InputError, match="temperature"):
        build(temperature=0.0)
    inputs = keras.Input((8, 3))
    flat = keras.Model(inputs, keras.layers.ReLU()(inputs))
    with pytest.raises(InputError, match="must come from a Dense layer"):
        build(student=flat)
