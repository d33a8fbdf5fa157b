import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import heads
from tfkd.sources import twelve_views

LOG3 = np.log(3.0)


def models(old=4, new=2):
    teacher = cases.cnn((3, 4, 5), classes=old)
    return teacher, heads.grow(teacher, new, bias_correction=False)


def build(old=4, new=2, **arguments):
    teacher, student = models(old, new)
    arguments = {"teacher": teacher, "student": student, **arguments}
    return methods.get("eeil").build(**arguments)


def test_every_head_is_distilled_by_itself():
    # Heads (0, 1) and (2, 3). T = 2: logits of ln 9 soften to (3/4, 1/4).
    # The student agrees on the first and is uniform on the second, whatever
    # the new classes say: KL = 3/4 ln(3/2) + 1/4 ln(1/2); 1/4 T^2 = 1.
    first, second, _ = build(heads=(2, 2)).distillation_losses
    teacher = {"logits": np.float32([[2 * LOG3, 0, 2 * LOG3, 0]])}
    student = {"logits": np.float32([[2 * LOG3, 0, 1, 1, 9, -9]])}
    kl = 3 / 4 * np.log(3 / 2) + 1 / 4 * np.log(1 / 2)
    found = [float(x(teacher, student)[0]) for x in (first, second)]
    np.testing.assert_allclose(found, [0.0, 4 * kl], rtol=1e-5, atol=1e-6)
    assert float(second.weight(0)) == 0.25


def test_the_second_stage_is_balanced_and_holds_the_new_head_too():
    distiller = build(old=2, new=2)
    distiller.compile(
        keras.optimizers.SGD(0.1), cases.Case().loss, run_eagerly=True
    )
    x, _ = cases.images(20)
    y = np.array([0, 0, 1, 1, 1] + [2] * 8 + [3] * 7)
    before = distiller.student.get_weights()
    history = distiller.fine_tune(x, y, epochs=2, batch_size=4, verbose=0)
    # The smallest class has two examples: 8 of 4 classes, two steps.
    assert history.params["steps"] == 2
    assert {"head_1", "head_2"} <= set(history.history)
    after = distiller.student.get_weights()
    assert not np.array_equal(before[0], after[0])
    # A hundredth of the learning rate.
    assert np.max(np.abs(before[0] - after[0])) < 0.01


def test_the_second_stage_follows_a_schedule_too():
    distiller = build(old=2, new=2)
    rate = keras.optimizers.schedules.CosineDecay(0.1, 10)
    distiller.compile(
        keras.optimizers.SGD(rate), cases.Case().loss, run_eagerly=True
    )
    x, _ = cases.images(8)
    history = distiller.fine_tune(x, np.arange(8) % 4, verbose=0)
    found = float(history.model.optimizer.learning_rate)
    np.testing.assert_allclose(found, 0.001, rtol=1e-6)


def test_noise_fades_over_the_epochs_of_both_stages():
    distiller = build(old=2, new=2)
    distiller.compile(
        keras.optimizers.SGD(0.1), cases.Case().loss, run_eagerly=True
    )
    x, y = cases.images(8)
    distiller.fit(x, y, epochs=2, verbose=0)
    noise = distiller.distillation_losses[-1]
    assert float(noise.epoch) == 2
    # 0.3 / (1 + 2)^0.55
    np.testing.assert_allclose(noise.deviation(), 0.16395, rtol=1e-4)
    history = distiller.fine_tune(x, y, epochs=3, verbose=0)
    assert float(history.model.distillation_losses[-1].epoch) == 5


def test_without_noise_there_is_no_such_term():
    assert len(build(noise=0.0).distillation_losses) == 1


def test_the_second_stage_trains_on_views_of_what_it_chose():
    distiller = build(old=2, new=2)
    distiller.compile(
        keras.optimizers.SGD(0.1), cases.Case().loss, run_eagerly=True
    )
    x, y = cases.images(20)
    history = distiller.fine_tune(
        x,
        y,
        augment=lambda x, y: twelve_views(x, y, value_range=(0, 16)),
        batch_size=60,
        verbose=0,
    )
    # 5 of each of 4 classes, twelve times.
    assert history.params["steps"] == 4


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least two classes each"):
        build(heads=(3, 1))
    with pytest.raises(InputError, match="at least two more"):
        build(new=1)
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
    with pytest.raises(InputError, match="scale must be"):
        build(noise=-1.0)
    x, y = cases.images(4)
    with pytest.raises(InputError, match="every class from 0 to 5"):
        build().fine_tune(x, y)
