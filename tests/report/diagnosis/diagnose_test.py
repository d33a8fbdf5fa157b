import builtins
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.report.diagnosis import synthetic
from tfkd import report
from tfkd.errors import InputError

X, Y = synthetic.rows(150)
SEEN_X, SEEN_Y = synthetic.rows(150, seed=1)


@pytest.fixture(scope="module")
def models():
    """A teacher, and a student and a control that are ever less able."""
    return {
        "teacher": synthetic.reader(0),
        "student": synthetic.reader(1, width=2, noise=0.3),
        "control": synthetic.reader(2, width=2, noise=0.6),
    }


@pytest.fixture(scope="module")
def found(models):
    return report.diagnose(
        models["teacher"],
        models["student"],
        (X, Y),
        train=(SEEN_X, np.where(np.arange(150) < 90, SEEN_Y, -1)),
        control=models["control"],
        class_names=["a", "b", "c"],
    )


def test_everything_is_measured(found, models):
    measured = found.measured
    assert measured.notes == ()
    answers = keras.ops.argmax(models["teacher"](X), axis=1)
    teacher = measured.models["teacher"]
    assert teacher.accuracy == pytest.approx(np.mean(answers == Y))
    assert teacher.parameters == models["teacher"].count_params()
    assert (measured.train_labelled, measured.train_unlabelled) == (90, 60)
    assert measured.gain.over == measured.lead.over == "control"
    assert measured.gain.mean == pytest.approx(
        measured.models["student"].accuracy
        - measured.models["control"].accuracy
    )
    assert sum(count for _, count, _ in measured.classes) == 150
    mean = np.average(
        [change for *_, change in measured.classes],
        weights=[count for _, count, _ in measured.classes],
    )
    assert mean == pytest.approx(measured.gain.mean)
    assert measured.similarity.pairs == (("stage1", "stage1"),)
    assert len(measured.gradients.fresh) == 2
    assert measured.softening.where == "training examples"


def test_three_recommendations_as_text_and_page(found, tmp_path):
    assert len(found.recommendations) == 3
    text = str(found)
    assert max(map(len, text.splitlines())) <= 79
    assert found.recommendations[0].title in text
    found.save(tmp_path / "page.html")
    assert (
        found.recommendations[2].title in (tmp_path / "page.html").read_text()
    )


def test_entropy_grows_with_the_temperature(found):
    entropies = list(found.measured.softening.entropies.values())
    assert entropies == sorted(entropies)


def test_a_dataset_will_do_and_labels_may_be_missing(models):
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices(X).batch(64)
    found = report.diagnose(models["teacher"], models["student"], dataset)
    assert found.measured.labelled == 0
    assert any("no labels" in note for note in found.measured.notes)
    assert found.measured.similarity is not None
    assert found.recommendations
    assert "Without labels" in found.html()


def test_a_teacher_of_shifted_classes_is_found_out():
    teacher = synthetic.reader(0, shift=1)
    found = report.diagnose(teacher, synthetic.classifier(1), (X, Y))
    assert found.recommendations[0].rule == "teacher_at_chance"
    assert found.measured.conflict_share > 0.3
    conflict = found.measured.conflicts[0]
    assert conflict.label == Y[conflict.index]
    assert conflict.answer == (conflict.label + 1) % 3
    np.testing.assert_array_equal(conflict.example, X[conflict.index])


def test_a_teacher_that_is_far_too_sure_gets_a_higher_temperature(models):
    teacher = keras.models.clone_model(models["teacher"])
    teacher.set_weights(models["teacher"].get_weights())
    for weight in teacher.layers[-1].weights:
        weight.assign(8 * weight)
    found = report.diagnose(teacher, models["student"], (X, Y), temperature=1.0)
    advice = {item.rule: item for item in found.recommendations}
    assert "Raise the temperature" in advice["targets_too_hard"].title
    assert found.measured.softening.suggested > 4


@pytest.mark.parametrize("broken", ["examples", "teacher", "student"])
def test_nan_is_told_and_crashes_nothing(models, broken):
    x, chosen, bad = X.copy(), dict(models), 150
    if broken == "examples":
        x[:7, 0, 0, 0] = np.nan
        bad = 7
    else:
        chosen[broken] = synthetic.classifier(5)
        chosen[broken].layers[-1].bias.assign([np.nan] * 3)
    found = report.diagnose(chosen["teacher"], chosen["student"], (x, Y))
    assert found.recommendations[0].rule == "not_finite"
    assert any(f"for {bad} of 150" in note for note in found.measured.notes)
    assert found.html()


def test_models_without_a_known_graph_are_diagnosed_from_outside(models):
    class Wrapped(keras.Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x, training=False):
            return self.inner(x, training=training)

    found = report.diagnose(
        Wrapped(models["teacher"]), models["student"], (X, Y)
    )
    assert found.measured.models["teacher"].accuracy > 0.6
    notes = " ".join(found.measured.notes)
    assert "CKA was not measured" in notes
    assert "The cosine of gradients was not measured" in notes


def test_three_examples_of_one_class_are_enough_to_say_something(models):
    found = report.diagnose(
        models["teacher"], models["student"], (X[:9:3], Y[:9:3])
    )
    assert any("at least 4 examples" in note for note in found.measured.notes)
    assert found.html()


def test_mistakes_are_told(models, tmp_path):
    teacher, student = models["teacher"], models["student"]
    with pytest.raises(InputError, match="teacher 3, student 5"):
        report.diagnose(teacher, synthetic.classifier(0, classes=5), (X, Y))
    other = synthetic.classifier(0, shape=(5, 5, 1))
    with pytest.raises(InputError, match=r"student takes .*\(5, 5, 1\)"):
        report.diagnose(teacher, other, (X, Y))
    with pytest.raises(InputError, match=r"labels of data .* received 4"):
        report.diagnose(teacher, student, (X, Y * 2))
    with pytest.raises(InputError, match="received 2 names"):
        report.diagnose(teacher, student, (X, Y), class_names=["a", "b"])
    with pytest.raises(InputError, match="temperature must be"):
        report.diagnose(teacher, student, (X, Y), temperature=0)


def test_a_page_that_cannot_be_written_is_told(found, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="a file that can be written"):
        found.save(tmp_path / "none" / "page.html")
    plain = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "jinja2":
            raise ImportError(name=name)
        return plain(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(
        InputError, match=r"jinja2.*pip install 'tfkd\[report\]'"
    ):
        found.save(tmp_path / "page.html")


def test_diagnosis_is_imported_without_keras_and_matplotlib():
    code = (
        "import sys, tfkd.report; tfkd.report.diagnose; "
        "print([m for m in ('keras', 'tensorflow', 'matplotlib', 'jinja2') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_labels_of_keras_datasets_will_do(models):
    labels = Y.astype(np.uint8)[:, None]
    chosen = models["teacher"], models["student"]
    found = report.diagnose(*chosen, (X, labels), temperature=np.float32(2))
    expected = report.diagnose(*chosen, (X, Y), temperature=2.0)
    assert str(found) == str(expected)


def test_training_examples_without_labels_are_told(models):
    found = report.diagnose(
        models["teacher"], models["student"], (X, Y), train=SEEN_X
    ).measured
    assert any("were drawn have no labels" in note for note in found.notes)
    assert found.models["teacher"].train_accuracy is None
    # The other examples have some.
    assert len(found.gradients.fresh) == 4


def test_one_class_alone_is_no_reason_to_doubt_the_teacher(models):
    chosen = Y == 0
    found = report.diagnose(
        models["teacher"], models["student"], (X[chosen], Y[chosen])
    )
    assert found.measured.chance is None
    rules = [advice.rule for advice in found.recommendations]
    assert "teacher_at_chance" not in rules


def test_a_single_score_is_told_what_to_do():
    models = [synthetic.classifier(seed, classes=1) for seed in (0, 1)]
    with pytest.raises(InputError, match="one with two units"):
        report.diagnose(*models, (X, Y % 2))
