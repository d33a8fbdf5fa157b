import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(8)


def build(**arguments):
    arguments = {
        "teacher": [cases.teacher(), cases.teacher()],
        "student": cases.student(),
        **arguments,
    }
    return methods.get("mehak_explanations").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def unit(x):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length > 0, length, 1)


def explanation(model, classes):
    """Grad-CAM of a flattened map behind one dense layer, in NumPy."""
    maps, logits = keras.Model(
        model.input, [model.get_layer("stage3").output, model.output]
    )(X)
    maps, logits = np.array(maps, "float64"), np.array(logits, "float64")
    kernel = np.array(model.get_layer("logits").kernel)
    # z_k = sum over positions and channels of F W_k: dz_k / dF = W_k.
    slopes = kernel.reshape(*maps.shape[1:], -1).mean(axis=(0, 1))
    if classes is None:
        classes = logits.argmax(axis=1)
    weights = slopes[:, classes].T[:, None, None]
    cam = np.maximum(np.sum(weights * maps, axis=-1), 0)
    return logits, classes, unit(cam.reshape(len(X), -1))


def test_total_is_the_equation():
    teachers, student = [cases.teacher(), cases.teacher()], cases.student()
    distiller = build(
        teacher=teachers,
        student=student,
        temperature=2.0,
        weight=0.5,
        explanation_weight=3.0,
        task_weight=0.0,
    )
    logits, classes, cams = zip(*(explanation(t, None) for t in teachers))
    chosen = np.array([softmax(z).max(axis=1) for z in logits]).argmax(axis=0)
    rows = np.arange(len(X))
    z, k, cam = (np.array(a)[chosen, rows] for a in (logits, classes, cams))
    views = distiller._untracked.extractor(X, training=False)
    answers = distiller.teacher(X)
    parts = {
        loss.name: np.mean(loss(answers, views))
        for loss in distiller.distillation_losses
    }
    s, _, own = explanation(student, k)
    q, p = softmax(z / 2), softmax(s / 2)
    soft = 4 * np.mean(np.sum(q * np.log(q / p), axis=1))
    np.testing.assert_allclose(parts["soft_targets"], soft, rtol=1e-3)
    expected = np.mean(np.sum((cam - own) ** 2, axis=1))
    assert expected > 0.01
    np.testing.assert_allclose(parts["explanation"], expected, rtol=1e-4)


def test_the_student_comes_to_look_where_its_teacher_looks():
    distiller = build(weight=0.0, task_weight=0.0, explanation_weight=10.0)
    distiller.compile("adam", jit_compile=False)
    logs = distiller.fit(X, epochs=30, verbose=0).history["explanation"]
    assert logs[-1] < 0.6 * logs[0]


def test_the_mean_of_all_teachers_is_another_choice():
    teacher = build(choice="mean").teacher
    assert len(teacher.members) == 2
    assert type(teacher).__name__ == "EnsembleTeacher"


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="Closest: 'best'"):
        build(choice="bset")
    with pytest.raises(InputError, match="explains logits"):
        build(student_tap="embedding")
    with pytest.raises(InputError, match="shapes differ"):
        build(teacher=[cases.teacher(), cases.cnn((6, 8, 12), classes=3)])
    with pytest.raises(InputError, match="score the same"):
        build(student=cases.cnn((4, 6, 8), classes=3))
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
