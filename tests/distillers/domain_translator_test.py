import numpy as np
import pytest

from tests.conformance import cases
from tfkd.distillers import DomainTranslator
from tfkd.errors import InputError

X, Y = cases.images(6)
# Two images of the target.
Y = np.where(np.arange(6) < 4, Y, -1)


def build(**arguments):
    arguments = {
        "input_shape": cases.SHAPE,
        "value_range": (0.0, 16.0),
        "judge": cases.teacher(),
        "filters": (2,),
        "critic_filters": (2,),
        **arguments,
    }
    return DomainTranslator(**arguments)


def value(model):
    x = {"images": X, "labels": Y}
    return float(model.compute_loss(x, y_pred=model(x)))


def game(critic, fake, real):
    """Least squares: what is made deceives, and the critic learns."""
    scores = [
        np.asarray(critic(x.astype("float32") / 8 - 1), "float64")
        for x in (fake, real)
    ]
    return ((scores[0] - 1) ** 2).mean() + 0.5 * (
        (scores[0] ** 2).mean() + ((scores[1] - 1) ** 2).mean()
    )


def cross_entropy(judge, images, labels):
    z = np.asarray(judge(images.astype("float32")), "float64")
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()


def test_the_loss_is_the_equation():
    judge = cases.teacher()
    model = build(judge=judge, cycle_weight=3.0, semantic_weight=2.0)
    source, target = X[:4], X[4:]
    styled, back = (
        np.asarray(network(x))
        for network, x in (
            (model.to_target, source),
            (model.to_source, target),
        )
    )
    expected = game(model.target_game.critic, styled, target)
    expected += game(model.source_game.critic, back, source)
    for network, made, images in (
        (model.to_source, styled, source),
        (model.to_target, back, target),
    ):
        expected += 3 * np.abs(np.asarray(network(made)) - images).mean() / 16
    named = np.argmax(np.asarray(judge(target)), axis=1)
    expected += 2 * cross_entropy(judge, styled, Y[:4])
    expected += 2 * cross_entropy(judge, back, named)
    np.testing.assert_allclose(value(model), expected, rtol=1e-3)


def test_one_way_has_the_terms_of_one_translator():
    judge = cases.teacher()
    model = build(judge=judge, both_ways=False)
    styled = np.asarray(model.to_target(X[:4]))
    expected = game(model.target_game.critic, styled, X[4:])
    expected += cross_entropy(judge, styled, Y[:4])
    np.testing.assert_allclose(value(model), expected, rtol=1e-3)
    assert model.to_source is None


def test_without_a_judge_only_looks_count():
    model = build(judge=None, semantic_weight=0.0, both_ways=False)
    styled = np.asarray(model.to_target(X[:4]))
    expected = game(model.target_game.critic, styled, X[4:])
    np.testing.assert_allclose(value(model), expected, rtol=1e-3)


def test_fit_moves_everything_but_the_judge():
    judge = cases.teacher()
    model = build(judge=judge)
    before = [w.copy() for w in model.get_weights()]
    frozen = judge.get_weights()
    model.compile("adam", jit_compile=False, run_eagerly=True)
    model.fit({"images": X, "labels": Y}, batch_size=6, verbose=0)
    for old, new in zip(before, model.get_weights()):
        assert not np.array_equal(old, new)
    for old, new in zip(frozen, judge.get_weights()):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"judge": None}, "needs a judge"),
        ({"cycle_weight": -1.0}, "finite numbers >= 0"),
        ({"input_shape": (None, 8, 1)}, "a known size"),
        ({"filters": ()}, "A translator needs"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
