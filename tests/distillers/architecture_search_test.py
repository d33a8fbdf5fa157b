import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.distillers import ArchitectureSearch
from tfkd.distillers import searches
from tfkd.distillers.task_trainer import TaskTrainer
from tfkd.errors import InputError

X, Y = batch(20)


class Plain(TaskTrainer):
    def __init__(self, student):
        super().__init__()
        self.student = student
        self.built = True


def build(networks=None, reward=None, **arguments):
    networks = networks or [dense((units,)) for units in (3, 6)]
    reward = reward or (lambda trial: trial.parameters)
    model = ArchitectureSearch(
        student=networks[0],
        search=lambda _: searches.Finalists(networks, reward),
        trainer=Plain,
        **{"trial_epochs": 2, **arguments},
    )
    model.compile(keras.optimizers.Adam(1e-2), SPARSE, metrics=["accuracy"])
    return model, networks


def test_the_network_of_the_largest_reward_is_trained():
    model, networks = build()
    before = [network.get_weights()[0] for network in networks]
    history = model.fit(X, Y, epochs=3, verbose=0).history
    assert model.student is networks[1]
    assert len(history["loss"]) == 3
    assert list(model.trials) == ["candidate0", "candidate1"]
    # Trials trained copies; the one that was not found is as it was.
    np.testing.assert_array_equal(before[0], networks[0].get_weights()[0])
    assert not np.array_equal(before[1], networks[1].get_weights()[0])
    # Only what was found is counted and saved.
    assert len(model.weights) == len(networks[1].weights)


def test_a_further_fit_goes_on_and_looks_for_no_other():
    model, networks = build()
    model.fit(X, Y, verbose=0)
    found = networks[1].get_weights()[0]
    model._search = None
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(found, networks[1].get_weights()[0])


def test_trials_are_judged_on_labelled_examples_that_they_did_not_see():
    trials = []
    known = np.arange(20) < 10
    model, _ = build(
        reward=lambda trial: trials.append(trial) or 0.0, held_out=0.3
    )
    trained = []
    original = model._train

    def train(trainer, x, y, **arguments):
        trained.append(x)
        return original(trainer, x, y, **arguments)

    model._train = train
    model.search(X, np.where(known, Y, -1))
    for trial, seen in zip(trials, trained):
        assert trial.judges.images.shape == (3, 5)
        judged = {row.tobytes() for row in trial.judges.images}
        assert judged <= {row.tobytes() for row in X[known]}
        assert not judged & {row.tobytes() for row in seen}
        assert len(seen) == 17
        shown, labels = trial.judges.images, trial.judges.labels
        answers = trial.model.predict(shown, verbose=0).argmax(axis=1)
        assert trial.accuracy() == np.mean(answers == labels)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"trial_epochs": 0}, "trial_epochs must be"),
        ({"held_out": 1.0}, "held_out must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


@pytest.mark.parametrize(
    ("x", "y", "match"),
    [
        (X, None, "as NumPy arrays"),
        (X, np.full(20, -1), "at least 1 and not all"),
        (X, np.eye(4)[Y], "one class number"),
    ],
)
def test_data_that_cannot_be_held_out_are_our_error(x, y, match):
    with pytest.raises(InputError, match=match):
        build()[0].fit(x, y, verbose=0)
