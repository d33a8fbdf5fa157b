import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.losses import SoftTargets

SIZE = 12
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(SIZE, 4)).astype("float32")
Y = (np.arange(SIZE) % 3).astype("int32")


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=units)


def build(**arguments):
    return methods.get("crd").build(
        teacher=network((5,)),
        student=network((3,)),
        **{"size": SIZE, "negatives": 4, "units": 2, **arguments},
    )


def fit(distiller, x, epochs=1, run_eagerly=True):
    distiller.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=run_eagerly,
        jit_compile=False,
    )
    return distiller.fit(x, Y, batch_size=6, epochs=epochs, verbose=0).history


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_the_paper_s_equation_by_hand():
    (loss,) = build(negatives=1, nce_temperature=1.0).distillation_losses
    # Heads: the first two features, as they are.
    for head in (loss.teacher_head, loss.student_head):
        kernel = np.zeros(head.kernel.shape)
        kernel[0, 0] = kernel[1, 1] = 1
        head.kernel.assign(kernel)
    memory = np.tile([[1.0, 0.0]], (SIZE, 1))
    loss.teacher_memory.assign(memory)
    loss.student_memory.assign(memory)
    found = loss(
        {"embedding": np.array([[0, 1, 9, 9, 9]], "float32")},
        {"embedding": np.array([[3, 0, 9]], "float32")},
        index=np.array([7]),
    )
    # All scores of a side are equal, so Z = N exp(score), P = 1 / N, and
    # h = 1 / N / (1 / N + 1 / N) = 1/2: two decisions on each side.
    np.testing.assert_allclose(found, [4 * np.log(2)], rtol=1e-6)
    # Half way from (1, 0) to (0, 1), at the example's place alone.
    memory[7] = unit(np.array([1.0, 1.0]))
    np.testing.assert_allclose(loss.teacher_memory, memory, rtol=1e-6)
    np.testing.assert_allclose(loss.student_memory[7], [1, 0], rtol=1e-6)


def test_memories_random_state_and_z_are_saved(tmp_path):
    x = {"student": X, "index": np.arange(SIZE)}
    distiller = build()
    fit(distiller, x)
    path = str(tmp_path / "distiller.keras")
    distiller.save(path)
    loaded = keras.saving.load_model(path)
    first, second = (d.distillation_losses[0] for d in (distiller, loaded))
    for name in ("teacher_memory", "student_memory", "log_z"):
        np.testing.assert_array_equal(
            getattr(first, name), getattr(second, name)
        )
    index = np.arange(3, dtype="int32")
    np.testing.assert_array_equal(
        first.candidates(index), second.candidates(index)
    )


def test_pairs_become_more_alike_than_strangers():
    distiller = build(task_weight=0.0, negatives=8)
    x = {"student": X, "index": np.arange(SIZE)}
    fit(distiller, x, epochs=60, run_eagerly=False)
    (loss,) = distiller.distillation_losses
    products = loss.student_memory.numpy() @ loss.teacher_memory.numpy().T
    own = np.trace(products) / SIZE
    others = (products.sum() - np.trace(products)) / (SIZE * (SIZE - 1))
    assert own > others + 0.3


def test_soft_targets_can_be_added():
    losses = build(soft_weight=1.0, temperature=2.0).distillation_losses
    assert isinstance(losses[1], SoftTargets)
    assert float(losses[1].temperature(0)) == 2.0
    assert float(losses[0].weight(0)) == np.float32(0.8)


def test_a_batch_without_index_is_told():
    with pytest.raises(InputError, match="'index': numbers"):
        fit(build(), X)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": None}, "Pass size=len"),
        ({"negatives": 0}, "negatives >= 1"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
