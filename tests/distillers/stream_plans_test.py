import keras
import numpy as np
import pytest

from tfkd.distillers import AdaptiveStride
from tfkd.distillers import ChangedFrames
from tfkd.distillers import SlidingWindow
from tfkd.distillers import StreamDistiller
from tfkd.distillers.stream_plans import difference
from tfkd.errors import InputError
from tfkd.losses import SoftTargets

FRAMES = np.random.default_rng(0).normal(size=(20, 4, 4, 1)).astype("float32")


def segmenter(scale=1.0):
    """Class 1 where a pixel is above 0, if the scale is positive."""
    inputs = keras.Input((4, 4, 1))
    logits = keras.layers.Conv2D(2, 1, name="logits", use_bias=False)(inputs)
    model = keras.Model(inputs, logits)
    model.set_weights([np.float32([[[[-scale, scale]]]])])
    return model


def build(plan, student=None):
    model = StreamDistiller(
        plan=plan,
        student=student or segmenter(-1.0),
        teacher=segmenter(),
        distillation_losses=SoftTargets(temperature=1.0),
        student_loss_weight=0.0,
    )
    model.compile(keras.optimizers.SGD(0.5), None, jit_compile=False)
    return model


def counted(model):
    """Counts how many frames the teacher sees."""
    seen, ask = [], model.ask

    def counting(x):
        seen.append(len(x))
        return ask(x)

    object.__setattr__(model, "ask", counting)
    return seen


def test_the_stride_doubles_and_halves_within_its_bounds():
    plan = AdaptiveStride(minimum=2, maximum=6, threshold=0.5)
    assert plan.next_stride(2, 0.9) == 4
    assert plan.next_stride(4, 0.9) == 6
    assert plan.next_stride(6, 0.4) == 3
    assert plan.next_stride(2, 0.4) == 2
    # Only above the threshold.
    assert plan.next_stride(4, 0.5) == 2


def test_a_student_that_agrees_asks_seldom_and_is_left_alone():
    student = segmenter()
    model = build(AdaptiveStride(minimum=2, maximum=8), student)
    before = student.get_weights()
    seen = counted(model)
    log = model.watch(FRAMES)
    # s is 4, 8, 8, ... after the frames 0, 4, 8, 16.
    assert log.asked == (0, 4, 8, 16)
    assert seen == [1] * 4
    assert log.steps == (0, 0, 0, 0)
    assert log.agreement == (1.0, 1.0, 1.0, 1.0)
    np.testing.assert_array_equal(before[0], student.get_weights()[0])
    np.testing.assert_allclose(log.outputs, student(FRAMES), rtol=1e-5)


def test_a_student_that_does_not_is_updated_until_it_does():
    model = build(AdaptiveStride(minimum=2, maximum=8, updates=50))
    log = model.watch(FRAMES)
    assert 1 < log.steps[0] < 50
    assert log.agreement[0] >= 0.9
    assert log.steps[1:] == (0,) * len(log.steps[1:])
    assert int(model.optimizer.iterations) == sum(log.steps)


def test_there_are_no_more_updates_than_allowed():
    model = build(AdaptiveStride(minimum=4, updates=2, threshold=1.0))
    model.compile(keras.optimizers.SGD(0.0), None, jit_compile=False)
    log = model.watch(FRAMES)
    assert log.asked == (0, 4, 8, 12, 16)
    assert log.steps == (2,) * 5


def test_a_window_keeps_the_last_frames_and_learns_them_again():
    plan = SlidingWindow(every=5, window=3, epochs=2, batch_size=2)
    model = build(plan)
    batches = []
    learn = model.learn

    def spy(x, answers):
        batches.append(x)
        learn(x, answers)

    object.__setattr__(model, "learn", spy)
    log = model.watch(FRAMES)
    assert log.asked == (0, 5, 10, 15)
    # 1, 2, 3 and 3 frames, in batches of 2, twice.
    assert log.steps == (2, 2, 4, 4)
    last = np.concatenate(batches[-2:])
    order = np.argsort(last[:, 0, 0, 0])
    expected = FRAMES[[5, 10, 15]]
    expected = expected[np.argsort(expected[:, 0, 0, 0])]
    np.testing.assert_array_equal(last[order], expected)
    # The first answer is that of the student that has learned nothing.
    first = segmenter(-1.0)(FRAMES[:1])
    np.testing.assert_allclose(log.outputs[:1], first, rtol=1e-5)
    assert log.agreement[-1] > log.agreement[0]


@pytest.mark.parametrize(
    ("plan", "wrong", "message"),
    [
        (SlidingWindow, {"every": 0}, "every of SlidingWindow"),
        (SlidingWindow, {"window": 1.5}, "window of SlidingWindow"),
        (AdaptiveStride, {"threshold": 1.5}, "threshold of AdaptiveStride"),
        (AdaptiveStride, {"minimum": 9, "maximum": 8}, "minimum <= maximum"),
    ],
)
def test_wrong_settings_are_our_errors(plan, wrong, message):
    with pytest.raises(InputError, match=message):
        plan(**wrong)


def test_the_teacher_is_asked_where_the_answer_changes():
    # The answer is as large as the frame: it changes by half, and by 1/12.
    scale = np.repeat([4.0, 6.0, 6.5], [3, 3, 4])
    frames = FRAMES[:1] * scale[:, None, None, None]
    student = segmenter()
    model = build(ChangedFrames(change=0.2, maximum=100), student)
    seen = counted(model)
    log = model.watch(frames)
    assert log.asked == (0, 3)
    assert seen == [1, 1]
    assert log.steps == (3, 3)
    # It is the teacher's twin.
    np.testing.assert_allclose(log.agreement, 1.0, atol=1e-5)
    assert len(log.outputs) == 10


def test_a_still_stream_is_asked_about_at_last():
    frames = np.repeat(FRAMES[:1], 10, axis=0)
    log = build(ChangedFrames(maximum=4, updates=1), segmenter()).watch(frames)
    assert log.asked == (0, 4, 8)


def test_changes_of_nothing_are_whole():
    zeros = np.zeros(3)
    assert difference(zeros, zeros) == 0
    assert difference(zeros, zeros + 1) == 1
    # (3, 4) against (0, 0).
    assert difference(np.array([3.0, 4.0]), np.zeros(2)) == 1
    assert difference(np.array([3.0, 4.0]), np.array([3.0, 2.0])) == 2 / 5


def test_changes_are_shares():
    with pytest.raises(InputError, match="change of ChangedFrames"):
        ChangedFrames(change=1.5)
    with pytest.raises(InputError, match="updates of ChangedFrames"):
        ChangedFrames(updates=0)
