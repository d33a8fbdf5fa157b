import numpy as np
import pytest

from tests.compression.legacy_worker import examples
from tfkd.compression.training import Backup
from tfkd.compression.training import steps


@pytest.fixture(scope="module")
def results(legacy):
    return legacy["training"]


def log_softmax(logits):
    logits = logits - logits.max(1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def test_the_loss_is_hintons(results):
    # One batch of all 40 examples, half of them labelled; T = 4.
    data, student = examples(), np.array(results["logits"])
    teacher = log_softmax(data.teacher_logits / 4.0)
    divergence = np.exp(teacher) * (teacher - log_softmax(student / 4.0))
    known = data.labels >= 0
    right = log_softmax(student)[np.arange(40), data.labels]
    task = -np.sum(right[known]) / 40
    expected = 0.1 * task + 0.9 * 16 * divergence.sum(1).mean()
    assert results["first"]["taught"] == pytest.approx(expected, rel=1e-4)


def test_the_control_learns_from_labels_alone(results):
    # 40 draws from 20 labelled examples: each twice.
    data, student = examples(), np.array(results["logits"])
    right = log_softmax(student)[np.arange(20), data.labels[:20]]
    expected = -right.mean()
    assert results["first"]["alone"] == pytest.approx(expected, rel=1e-4)


def test_a_killed_training_ends_with_the_same_bits(results):
    resumed = results["resumed"]
    assert resumed["killed"] == 2
    # One report: of the epoch that was missing.
    assert resumed["calls"] == 1
    assert resumed["same_losses"]
    assert resumed["same_weights"]
    assert resumed["same_answers"]


def test_the_backup_of_another_training_is_not_used(results, tmp_path):
    assert results["resumed"]["other"] == 0
    assert Backup(tmp_path / "none.npz", []).restore([]) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"other"])
def test_a_backup_that_cannot_be_read_is_not_used(tmp_path, content):
    path = tmp_path / "torn.npz"
    path.write_bytes(content)
    assert Backup(path, []).restore([]) == []


def test_it_learns(results):
    losses = results["learning"]["losses"]
    assert len(losses) == 20
    assert losses[-1] < 0.9 * losses[0]


def test_a_loss_that_is_not_finite_is_an_error(results):
    message = results["learning"]["message"]
    assert message.startswith("mine: the loss must be finite, received")
    assert "Lower compression.training.learning_rate" in message


def test_the_odd_last_batch_counts():
    assert steps(40, {"epochs": 2, "batch_size": 16}) == 6
