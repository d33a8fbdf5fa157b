import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd import losses
from tfkd.errors import InputError
from tfkd.losses import KDLoss
from tfkd.losses import SoftTargets
from tfkd.untracked import Untracked


def test_a_loss_is_a_layer_and_a_stock_distillation_loss():
    loss = SoftTargets()
    assert isinstance(loss, keras.layers.Layer)
    assert isinstance(loss, keras.distillation.DistillationLoss)


def test_the_stock_distiller_checks_it_at_construction():
    with pytest.raises(InputError, match="same classes"):
        SoftTargets().validate_model_compatibility(dense(), dense(classes=5))


def test_a_negative_weight_is_our_error():
    with pytest.raises(InputError, match="weight"):
        SoftTargets(weight=-1.0)


def test_values_must_be_implemented():
    with pytest.raises(NotImplementedError, match="KDLoss"):
        KDLoss()({}, {})


def test_computes_in_float32_whatever_the_policy():
    loss = SoftTargets()
    logits = np.array([[9.0, 0.0]], "float16")
    assert loss({"logits": logits}, {"logits": -logits}).dtype == "float32"


class Attached(KDLoss):
    """Knows what it was attached to."""

    student_taps = ("logits",)

    def attach(self, teacher, student):
        self.found = Untracked(models=(teacher, student))


within_another = pytest.mark.parametrize(
    "wrap",
    [
        lambda part: losses.CorrectOnly(part=part),
        lambda part: losses.Mixture(parts=[part]),
        lambda part: losses.OfMember(part, member=0),
        lambda part: losses.RandomShare(part, share=0.5),
    ],
    ids=["correct_only", "mixture", "of_member", "random_share"],
)


@within_another
def test_a_loss_within_another_sees_the_networks_too(wrap):
    part = Attached()
    part.pairwise = True
    whole = wrap(part)
    whole.attach("teacher", "student")
    assert part.found.models == ("teacher", "student")
    assert whole.pairwise


class Adapted(Attached):
    """Knows what it was shown."""

    def adapt(self, taps, labels):
        self.shown = Untracked(data=(taps, labels))


@within_another
def test_a_loss_within_another_adapts_too(wrap):
    part = Adapted()
    wrap(part).adapt("taps", "labels")
    assert part.shown.data == ("taps", "labels")
    assert not hasattr(wrap(Attached()), "adapt")
