import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tfkd import taps
from tfkd.distillers import TurnsDistiller
from tfkd.errors import InputError
from tfkd.losses import Adversarial
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.teachers import SelfTeacher

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(4, 3)).astype("float32")
Y = np.array([0, 1, 1, 0])
RATE = 0.5


def linear(seed, units=2, regularizer=None):
    """Logits X W."""
    inputs = keras.Input((3,))
    start = keras.initializers.GlorotUniform(seed)
    layer = keras.layers.Dense(
        units,
        use_bias=False,
        kernel_initializer=start,
        kernel_regularizer=regularizer,
        name="logits",
    )
    return keras.Model(inputs, layer(inputs))


def critic(seed=3, regularizer=None):
    """Scores f C."""
    inputs = keras.Input((2,))
    start = keras.initializers.GlorotUniform(seed)
    layer = keras.layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=start,
        kernel_regularizer=regularizer,
    )
    return keras.Model(inputs, layer(inputs))


def game(network=None, **arguments):
    return Adversarial(
        critic() if network is None else network,
        teacher_tap="logits",
        student_tap="logits",
        kind="wgan_gp",
        gradient_penalty=0.0,
        **arguments,
    )


def build(losses=None, **arguments):
    arguments = {
        "student": linear(1),
        "teacher": linear(2),
        "student_loss_weight": 0.0,
        **arguments,
    }
    model = TurnsDistiller(
        distillation_losses=game() if losses is None else losses, **arguments
    )
    model.compile(keras.optimizers.SGD(RATE), SPARSE)
    return model


def weights(model):
    return np.asarray(model.get_weights()[0], "float64")


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def test_the_student_meets_the_critic_after_its_step():
    model = build()
    w, t = weights(model.student), weights(model.teacher.model)
    c = weights(model.distillation_losses[0].critic)
    # L_D = mean f_s C - mean f_t C, and L_S = -mean f_s C with the new C.
    mean = X.mean(0, keepdims=True).astype("float64")
    c_next = c - RATE * (mean @ w - mean @ t).T
    w_next = w + RATE * mean.T @ c_next.T
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(
        weights(model.distillation_losses[0].critic), c_next, rtol=1e-5
    )
    np.testing.assert_allclose(weights(model.student), w_next, rtol=1e-5)
    # L_D + L_S of the new critic: -f_t C.
    np.testing.assert_allclose(
        logs["loss"], -(mean @ t @ c_next).item(), rtol=1e-5
    )


def test_regularizers_of_the_critic_move_it():
    network = critic(regularizer=keras.regularizers.L2(0.1))
    model = build(game(network, weight=0.0))
    before = weights(network)
    model.train_on_batch(X, Y)
    # c - RATE 2 0.1 c
    np.testing.assert_allclose(weights(network), 0.9 * before, rtol=1e-5)


@pytest.mark.parametrize("eager", [True, False])
def test_the_student_moves_at_each_nth_batch(eager):
    model = build(critic_steps=2)
    model.compile(keras.optimizers.SGD(RATE), SPARSE, run_eagerly=eager)
    student, network = model.student, model.distillation_losses[0].critic
    moved = []
    for _ in range(4):
        before = weights(student), weights(network)
        model.train_on_batch(X, Y)
        after = weights(student), weights(network)
        moved.append([not np.array_equal(a, b) for a, b in zip(after, before)])
    assert moved == [[False, True], [True, True]] * 2
    assert int(model.optimizer.iterations) == 2


def test_a_player_moves_before_the_student_learns_of_it():
    student = linear(1)
    peer = linear(2, regularizer=keras.regularizers.L2(0.1))

    def extra(inputs, tensors):
        return {"peer1": taps.Peer(peer, name="peer1")(inputs)}

    still = game(weight=0.0)
    losses = [
        still,
        TaskLoss(student_tap="peer1"),
        SoftTargets(temperature=1.0, teacher_tap="peer1"),
    ]
    model = build(
        losses,
        student=student,
        teacher=SelfTeacher(),
        network=taps.extend(student, ["logits"], extra),
        players=("peer1",),
    )
    w, p = weights(student), weights(peer)
    one_hot = np.eye(2)[Y]
    # Slopes of H(y, p_t) and of 0.1 ||p||^2, then of KL(p_t || p_s) with the
    # new p_t.
    slope = X.T @ (softmax(X @ p) - one_hot) / 4 + 0.2 * p
    p_next = p - RATE * slope
    w_next = w - RATE * X.T @ (softmax(X @ w) - softmax(X @ p_next)) / 4
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(weights(peer), p_next, rtol=1e-5)
    np.testing.assert_allclose(weights(student), w_next, rtol=1e-5)
    # Reported once, of the pass in which the student moved.
    q, s = softmax(X @ p_next), softmax(X @ w)
    kl = np.sum(q * np.log(q / s), -1).mean()
    np.testing.assert_allclose(logs["soft_targets"], kl, rtol=1e-4)


def test_a_schedule_counts_batches():
    seen = []

    class Seen(Adversarial):
        def values(self, teacher, student, *, labels, index, step):
            seen.append(int(step))
            return super().values(
                teacher, student, labels=labels, index=index, step=step
            )

    loss = Seen(
        critic(), teacher_tap="logits", student_tap="logits", kind="hinge"
    )
    model = build(loss, critic_steps=2)
    model.compile(keras.optimizers.SGD(RATE), run_eagerly=True)
    for _ in range(3):
        model.train_on_batch(X)
    # The critics' turn and the student's.
    assert seen == [0, 0, 1, 1, 2, 2]


def test_parts_are_saved(tmp_path):
    model = build(critic_steps=2)
    model.train_on_batch(X, Y)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.set_teacher(model.teacher.model)
    assert loaded.critic_steps == 2
    for each in (model, loaded):
        each.train_on_batch(X, Y)
    np.testing.assert_allclose(
        weights(model.student), weights(loaded.student), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"losses": SoftTargets()}, "needs a loss with a critic"),
        ({"players": ("peer",)}, "names of layers"),
        ({"critic_steps": 0}, "critic_steps"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
