import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd.distillers import Chain
from tfkd.errors import InputError
from tfkd.training import callbacks
from tfkd.training import trainer

TRAIN = {"epochs": 4, "batch_size": 16, "learning_rate": 3e-3}


def data(count=70):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, count)
    x = rng.normal(size=(count, 6)).astype("float32")
    x[np.arange(count), y] += 3.0
    return x, y


def model(activation="relu"):
    """A model with batch statistics and dropout, the states easily lost."""
    with trainer.seeded(5):
        inputs = keras.Input((6,))
        h = keras.layers.Dense(8, activation=activation)(inputs)
        h = keras.layers.BatchNormalization()(h)
        h = keras.layers.Dropout(0.5)(h)
        return keras.Model(inputs, keras.layers.Dense(3)(h))


class Kill(Exception):
    pass


def killer(epoch):
    def report(**values):
        if values["epoch"].startswith(f"{epoch}/"):
            raise Kill

    return report


def equal(first, second):
    return all(
        np.array_equal(a, b)
        for a, b in zip(first.get_weights(), second.get_weights(), strict=True)
    )


def test_a_killed_training_ends_with_the_same_bits(tmp_path):
    x, y = data()
    settings = {**TRAIN, "seed": 1}
    settings["validation"] = (x[:20], y[:20])
    straight, killed, restarted = model(), model(), model()
    expected = trainer.train(straight, x, y, **settings)
    settings["backup_dir"] = str(tmp_path / "backup")
    with pytest.raises(Kill):
        trainer.train(killed, x, y, report=killer(2), **settings)
    assert not equal(straight, killed)
    seen = []
    history = trainer.train(
        restarted, x, y, report=lambda **v: seen.append(v["epoch"]), **settings
    )
    assert seen == ["3/4", "4/4"]
    assert equal(straight, restarted)
    assert history == expected


def test_a_second_optimizer_goes_on_too(tmp_path):
    def compiled():
        result = model()
        result.compile("sgd")
        # As models have in which two optimizers move weights.
        result.second_optimizer = keras.optimizers.Adam(0.1)
        for optimizer in (result.optimizer, result.second_optimizer):
            optimizer.build(result.trainable_variables)
        return result

    killed, restarted = compiled(), compiled()
    slopes = [keras.ops.ones_like(v) for v in killed.trainable_variables]
    killed.second_optimizer.apply(slopes)
    backups = [callbacks.Backup(str(tmp_path / "b.npz"), []) for _ in "12"]
    backups[0].set_model(killed)
    backups[0].on_epoch_end(0)
    assert backups[1].restore(restarted) == 1
    for each in (killed, restarted):
        each.second_optimizer.apply(slopes)
    assert equal(killed, restarted)


def test_a_finished_backup_is_not_trained_again(tmp_path):
    x, y = data()
    settings = {**TRAIN, "backup_dir": str(tmp_path)}
    first, second, seen = model(), model(), []
    trainer.train(first, x, y, **settings)
    history = trainer.train(
        second, x, y, report=lambda **v: seen.append(v), **settings
    )
    assert seen == []
    assert equal(first, second)
    assert history["epoch"] == [1, 2, 3, 4]


def test_a_backup_of_another_training_is_not_used(tmp_path):
    x, y = data()
    trainer.train(model(), x, y, **TRAIN, backup_dir=str(tmp_path))
    seen = []
    trainer.train(
        model(),
        x,
        y,
        **{**TRAIN, "learning_rate": 1e-3},
        backup_dir=str(tmp_path),
        report=lambda **v: seen.append(v["epoch"]),
    )
    assert seen == ["1/4", "2/4", "3/4", "4/4"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:3000],
        lambda content: bytes(len(content)),
        lambda content: content[:300] + b"x" * 9 + content[309:],
    ],
    ids=["empty", "cut", "zeros", "flipped"],
)
def test_a_backup_that_cannot_be_read_is_not_used(tmp_path, caplog, damage):
    x, y = data()
    straight, restarted = model(), model()
    settings = {**TRAIN, "backup_dir": str(tmp_path)}
    trainer.train(straight, x, y, **settings)
    file = tmp_path / "training.npz"
    file.write_bytes(damage(file.read_bytes()))
    history = trainer.train(restarted, x, y, **settings)
    assert history["epoch"] == [1, 2, 3, 4]
    assert equal(straight, restarted)
    assert "cannot be read" in caplog.text


def test_seeds_repeat_and_differ():
    x, y = data()
    one, same, other = model(), model(), model()
    trainer.train(one, x, y, **TRAIN, seed=1)
    trainer.train(same, x, y, **TRAIN, seed=1)
    trainer.train(other, x, y, **TRAIN, seed=2)
    assert equal(one, same)
    assert not equal(one, other)


def test_learns_and_reports_validation():
    x, y = data(300)
    trained = model()
    history = trainer.train(
        trained, x, y, **{**TRAIN, "epochs": 12}, validation=data(60)
    )
    assert sorted(history) == [
        "accuracy",
        "epoch",
        "loss",
        "val_accuracy",
        "val_loss",
    ]
    assert history["loss"][-1] < history["loss"][0]
    # Classes are 3 standard deviations apart: 1 - P(error) is above 0.9.
    assert trainer.accuracy(trained, *data(300)) > 0.9


def test_steps_follow_examples_per_epoch(monkeypatch):
    x, y = data(10)
    built = model()
    optimizers = []
    original = trainer._optimizer

    def spy(*args):
        optimizers.append(original(*args))
        return optimizers[-1]

    monkeypatch.setattr(trainer, "_optimizer", spy)
    trainer.train(built, x, y, **TRAIN, examples_per_epoch=70)
    # ceil(70 / 16) = 5 steps, 4 epochs.
    assert int(optimizers[0].iterations) == 20


def test_batches_are_prepared_with_the_number_of_their_epoch():
    x, y = data(10)

    def prepare(rows, epoch):
        return tf.fill(tf.shape(rows)[:1], epoch)

    # A training that goes on after three epochs, of three batches each.
    batches = trainer._batches(
        tf.distribute.get_strategy(), x, y, prepare, 0, 3, 4, 10
    )
    found = [given.numpy().tolist() for given, _ in batches.take(4)]
    assert found == [[3] * 4, [3] * 4, [3] * 2, [4] * 4]


def test_nan_names_part_and_epoch_and_keeps_the_checkpoint(tmp_path):
    x, y = data()
    # Not ReLU: a fused one turns NaN into 0 on some processors.
    first, second = model("tanh"), model("tanh")
    trainer.train(
        first, x, y, **{**TRAIN, "epochs": 1}, backup_dir=str(tmp_path)
    )
    kept = (tmp_path / "training.npz").read_bytes()
    x[3] = np.nan
    with pytest.raises(InputError, match=r"student: .*loss=nan in epoch 1\b"):
        trainer.train(
            second, x, y, **TRAIN, part="student", backup_dir=str(tmp_path)
        )
    assert (tmp_path / "training.npz").read_bytes() == kept


def test_the_model_is_not_left_compiled_and_logs_are_written(tmp_path):
    x, y = data()
    trained = model()
    trainer.train(trained, x, y, **TRAIN, log_dir=str(tmp_path))
    assert not trained.compiled
    (path,) = (tmp_path / "train").glob("events.out.tfevents*")
    tags = {
        (value.tag, event.step)
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    assert tags == {
        (tag, step)
        for tag in ("epoch_loss", "epoch_accuracy")
        for step in range(4)
    }


def test_seeded_puts_the_generators_and_the_policy_back():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with trainer.seeded(0):
            first = keras.layers.Dense(1).name
        with trainer.seeded(0):
            assert keras.layers.Dense(1).name == first
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.random.rand() == expected  # noqa: NPY002


def chain():
    """Two students of one teacher; returns the chain and the first student."""
    first, second, teacher = model(), model("tanh"), model()
    method = methods.get("hinton_kd")

    def stage(student):
        return lambda previous: method.build(teacher=teacher, student=student)

    return Chain([stage(first), stage(second)], student=second), first


def test_a_chain_of_trainings_is_logged_stage_by_stage(tmp_path):
    x, y = data()
    trained, first = chain()
    seen = []
    history = trainer.train_stages(
        trained,
        x,
        y,
        **TRAIN,
        validation=(x[:20], y[:20]),
        log_dir=str(tmp_path),
        report=lambda **v: seen.append((v["fraction"], v["stage"], v["epoch"])),
    )
    logs = {str(f.parent.relative_to(tmp_path)) for f in tmp_path.rglob("ev*")}
    assert logs == {
        f"stage{number}/{kind}"
        for number in (1, 2)
        for kind in ("train", "validation")
    }
    assert seen[0] == (1 / 8, "1/2", "1/4")
    assert seen[-1] == (1.0, "2/2", "4/4")
    # What is told is the second student, measured as itself.
    assert history["epoch"] == [1, 2, 3, 4]
    second = trained.student
    expected = trainer.accuracy(second, x[:20], y[:20])
    assert history["val_accuracy"][-1] == expected
    assert expected != trainer.accuracy(first, x[:20], y[:20])


def test_a_killed_chain_goes_on_in_its_stage_and_ends_with_the_same_bits(
    tmp_path,
):
    x, y = data()
    straight, first = chain()
    expected = trainer.train_stages(straight, x, y, **TRAIN)
    killed, _ = chain()
    settings = {**TRAIN, "backup_dir": str(tmp_path)}

    def kill(stage, epoch, **_):
        if (stage, epoch) == ("2/2", "2/4"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train_stages(killed, x, y, report=kill, **settings)
    restarted, first_again = chain()
    seen = []
    history = trainer.train_stages(
        restarted,
        x,
        y,
        report=lambda **v: seen.append((v["stage"], v["epoch"])),
        **settings,
    )
    assert seen == [("2/2", "3/4"), ("2/2", "4/4")]
    assert equal(first, first_again)
    assert equal(straight.student, restarted.student)
    assert history == expected


def test_steps_cut_the_rate_after_five_six_and_seven_eighths():
    schedule = trainer._learning_rate(0.5, "steps", steps=2, epochs=8)
    rates = [float(schedule(step)) for step in range(16)]
    np.testing.assert_allclose(
        rates, [0.5] * 10 + [0.05] * 2 + [0.005] * 2 + [0.0005] * 2, rtol=1e-6
    )
