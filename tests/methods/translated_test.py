import pytest

from tests.conformance import cases
from tfkd import models
from tfkd.errors import InputError
from tfkd.methods.translated import domain_translator
from tfkd.methods.translated import feature_game
from tfkd.methods.translated import source_model
from tfkd.tasks import segmentation
from tfkd.teachers import FrozenTeacher


def test_the_source_network_may_be_a_teacher():
    model = cases.teacher()
    for given in (model, FrozenTeacher(model)):
        assert source_model("m", given, cases.student()) is model


@pytest.mark.parametrize(
    "teacher",
    [
        lambda: cases.cnn((2, 3, 4), classes=3),
        lambda: cases.cnn((2, 3, 4), shape=(4, 4, 1)),
    ],
)
def test_another_source_network_is_our_error(teacher):
    with pytest.raises(InputError, match="m needs a network of the source"):
        source_model("m", teacher(), cases.student())


def test_networks_of_vectors_are_our_error():
    def flat():
        return models.build("mlp", input_shape=(3,), num_classes=2)

    with pytest.raises(InputError, match="m needs a network of the source"):
        source_model("m", flat(), flat())


def test_the_translator_fits_the_students_images():
    found = domain_translator(
        cases.student(), semantic_weight=0.0, filters=(2,), both_ways=False
    )
    assert found.to_target.input_shape == (None, *cases.SHAPE)


def test_a_game_of_maps_or_of_vectors():
    segmenter = segmentation.model(
        input_shape=(8, 8, 1), num_classes=3, filters=(2,)
    )
    arguments = {"critic_filters": (2,), "kind": "lsgan", "weight": 2.0}
    dense = feature_game(segmenter, "logits", **arguments)
    flat = feature_game(cases.student(), "embedding", **arguments)
    assert (dense.name, flat.name) == ("game_logits", "game_embedding")
    assert len(dense.critic.input_shape) == 4
    assert len(flat.critic.input_shape) == 2
    with pytest.raises(InputError, match="no_such"):
        feature_game(segmenter, "no_such", **arguments)
