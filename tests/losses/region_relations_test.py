import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import RegionRelations

RANDOM = np.random.default_rng(0)
# Two images; 2 x 2 positions of two regions each; two classes.
ANSWERS = RANDOM.normal(size=(2, 8, 6))
F_T, F_S = RANDOM.normal(size=(2, 2, 2, 2, 5))


def built(features=(2, 2, 5), **arguments):
    loss = RegionRelations(
        **{"graph": "inter", "feature_tap": "f", "candidates": 3, **arguments}
    )
    specs = [
        {
            "outputs": keras.KerasTensor((None, 8, 6)),
            "f": keras.KerasTensor((None, *features)),
        }
        for _ in range(2)
    ]
    loss.setup(*specs)
    return loss


def run(loss, f_t=F_T, f_s=F_S):
    taps = [
        {"outputs": ANSWERS.astype("f4"), "f": np.asarray(f).astype("f4")}
        for f in (f_t, f_s)
    ]
    return np.asarray(loss(*taps))


def written_out(graph):
    """By loops over the three regions of which the teacher is most sure."""
    found = []
    for answers, f_t, f_s in zip(ANSWERS, F_T, F_S):
        best = np.argsort(-answers[:, 4:].max(1))[:3]
        kind = answers[:, 4:].argmax(1)
        values = []
        for i in best:
            for j in best:
                t, s = (f.reshape(4, 5)[[i // 2, j // 2]] for f in (f_t, f_s))
                cosines = [
                    a @ b / np.linalg.norm(a) / np.linalg.norm(b)
                    for a, b in (t, s)
                ]
                if graph == "inter":
                    values.append((cosines[0] - cosines[1]) ** 2)
                elif i != j and kind[i] == kind[j]:
                    values.append(1 - cosines[1])
        found.append(np.mean(values) if values else 0.0)
    return found


@pytest.mark.parametrize("graph", ["inter", "intra"])
def test_is_the_equation_written_out(graph):
    np.testing.assert_allclose(
        run(built(graph=graph)), written_out(graph), rtol=1e-4, atol=1e-6
    )


def test_the_same_relations_cost_nothing_between_graphs():
    np.testing.assert_allclose(run(built(), F_T, 3 * F_T), 0, atol=1e-10)


@pytest.mark.parametrize("graph", ["inter", "intra"])
def test_gradient(graph):
    loss = built(graph=graph, candidates=8, dtype="float64")
    teacher = {"outputs": ANSWERS, "f": F_T}
    assert_gradient(lambda f: loss(teacher, {"outputs": ANSWERS, "f": f}), F_S)


def test_is_finite_at_extremes_and_without_regions():
    for graph in ("inter", "intra"):
        for scale in (0.0, 1e-30, 1e30):
            found = run(built(graph=graph), scale * F_T, scale * F_S)
            assert np.all(np.isfinite(found))
        found = run(built(graph=graph, threshold=0.9999))
        np.testing.assert_array_equal(found, 0)


def test_round_trip():
    loss = built(graph="intra", threshold=0.2, unlabelled_only=True)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()
    assert copy.teacher_taps == ("outputs", "f")


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="graph of regions"):
        built(graph="other")
    for shape in ((5,), (3, 1, 5)):
        with pytest.raises(InputError, match="share 8 regions evenly"):
            built(features=shape)
