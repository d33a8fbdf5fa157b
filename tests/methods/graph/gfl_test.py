import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import tasks
from tfkd.errors import InputError
from tfkd.taps import Extractor

GRAPH = tasks.get("graph")


def student(**arguments):
    return GRAPH.few_shot_model(**{"units": (8, 6), **arguments})


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("gfl").build(**arguments)


def test_the_reconstruction_is_the_mean_square_over_pairs():
    distiller = build()
    (loss,) = distiller.distillation_losses
    # Guesses 0.9 of an edge, 0.2 of none: (0.01 * 2 + 0.04 * 2) / 4.
    edges = np.float32([[[1, 0], [0, 1]]])
    guess = np.float32([[[0.9, 0.2], [0.2, 0.9]]])
    found = loss({"edges": edges}, {"decoder": guess})
    np.testing.assert_allclose(found, [0.025], rtol=1e-5)


def test_the_decoder_is_no_part_of_the_student():
    model = student()
    count = len(model.weights)
    distiller = build(student=model)
    assert len(distiller.student.weights) == count
    assert len(distiller.network.weights) == count + 3


def test_what_auxiliary_graphs_teach_serves_new_graphs():
    keras.utils.set_random_seed(0)
    model = student(units=(32, 16))
    distiller = build(student=model)
    distiller.compile(keras.optimizers.Adam(0.01), GRAPH.loss())
    x, y = GRAPH.few_shot_data(200)
    new, truth = GRAPH.few_shot_data(40, split="test")

    def accuracy():
        asked = truth >= 0
        found = np.argmax(model.predict(new, verbose=0), axis=-1)
        return np.mean(found[asked] == truth[asked])

    before = accuracy()
    logs = distiller.fit(x, y, batch_size=8, epochs=4, verbose=0).history
    assert logs["reconstruction"][-1] < logs["reconstruction"][0]
    assert accuracy() > max(0.7, before + 0.2)


def test_known_nodes_of_a_graph_can_be_others_without_training():
    x, _ = GRAPH.few_shot_data(2)
    model = student()
    states = Extractor(model, ["embedding"])
    other = {**x, "support": x["support"][:, ::-1]}
    np.testing.assert_array_equal(
        states(x)["embedding"], states(other)["embedding"]
    )
    assert not np.allclose(model(x), model(other))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"student": GRAPH.model()}, "a student with an input 'support'"),
        ({"units": 0}, "units >= 1"),
        ({"student_tap": "embeding"}, "no tap"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
