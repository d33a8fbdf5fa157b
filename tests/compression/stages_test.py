def test_frozen_layers_keep_their_weights(legacy):
    results = legacy["frozen"]
    assert results["names"] == ["logits"]
    assert results["moved"] == ["depthwise", "logits"]


def test_frozen_layers_are_quantized_like_others(legacy):
    # A fixed scaling is exact with 8 bits.
    assert legacy["frozen"]["bits"] == {
        "scaled": 8,
        "conv": 4,
        "depthwise": 4,
        "logits": 4,
    }


def test_nothing_to_train_is_refused(legacy):
    assert "all of the model 'student' have" in legacy["frozen"]["error"]
