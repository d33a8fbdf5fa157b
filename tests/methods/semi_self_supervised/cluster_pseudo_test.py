import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

pytest.importorskip("sklearn")
RANDOM = np.random.default_rng(0)
# Four groups around corners of a square.
GROUPS = np.arange(40) % 4
CORNERS = 5.0 * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
X = (CORNERS[GROUPS] + RANDOM.normal(size=(40, 2))).astype("float32")


def identity():
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Identity(name="embedding")(inputs))


def build(student=None, **arguments):
    student = student or models.build(
        "mlp", input_shape=(2,), num_classes=2, units=(8,)
    )
    arguments = {"teacher": identity(), "clusters": 4, **arguments}
    model = methods.get("cluster_pseudo").build(student=student, **arguments)
    model.compile(keras.optimizers.Adam(0.05), None, run_eagerly=True)
    return model


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_clusters_once_and_learns_which_is_whose():
    model = build()
    history = model.fit(X, epochs=30, verbose=0).history
    (loss,) = model.distillation_losses
    means = np.stack([X[g == GROUPS].mean(axis=0) for g in range(4)])
    order = np.lexsort(loss.centres.numpy().T)
    np.testing.assert_allclose(
        loss.centres.numpy()[order], means[np.lexsort(means.T)], rtol=1e-4
    )
    assert history["cluster_targets"][-1] < 0.1
    scores = model.network(X)["clusters"]
    np.testing.assert_array_equal(np.argmax(scores, -1), loss.assign(X))


def test_the_loss_by_hand():
    model = build(clusters=2)
    (loss,) = model.distillation_losses
    loss.centres.assign([[0.0, 0.0], [10.0, 0.0]])
    # The second centre is nearer; softmax gives it 3/4.
    found = loss(
        {"embedding": np.array([[7.0, 0.0]], "float32")},
        {"clusters": np.log(np.array([[1.0, 3.0]], "float32"))},
    )
    np.testing.assert_allclose(found, [-np.log(3 / 4)], rtol=1e-6)


def test_the_student_keeps_its_own_classes():
    model = build()
    assert model.student.output_shape == (None, 2)
    assert model.network.output["clusters"].shape == (None, 4)
    assert model.predict(X, verbose=0).shape == (40, 2)


def test_a_map_is_pooled_for_the_classifier():
    student = models.build("cnn", input_shape=(8, 8, 1), num_classes=2)
    teacher = models.build("cnn", input_shape=(8, 8, 1), num_classes=2)
    model = build(student, teacher=teacher, student_tap="stage3")
    kernel = model.network.get_layer("clusters").kernel
    assert kernel.shape == (student.get_layer("stage3").output.shape[-1], 4)


def test_fewer_examples_than_clusters_are_told():
    with pytest.raises(InputError, match="41 clusters need as many"):
        build(clusters=41).fit(X, verbose=0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"clusters": 1}, "clusters of cluster_pseudo"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher_tap": "embeding"}, "no tap"),
        ({"student_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
