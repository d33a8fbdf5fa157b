from tfkd.compression.choice import choose
from tfkd.compression.choice import keeps


def reports(**accuracies):
    return {n: {"eval_accuracy": value} for n, value in accuracies.items()}


def test_the_bound_itself_is_kept():
    # 0.98 - 0.97 is a little more than 0.01 in binary.
    assert keeps({"eval_accuracy": 0.97}, 0.98, 0.01)
    assert not keeps({"eval_accuracy": 0.9699}, 0.98, 0.01)


def test_quantization_after_training_ships_where_it_suffices():
    made = reports(int8_ptq=0.97, int8_qat=0.99)
    assert choose(made, 0.98, 0.01) == "int8_ptq"


def test_else_the_most_accurate_ships_and_the_first_of_equals():
    made = reports(int8_ptq=0.9, int8_qat=0.95, int8_pruned_qat=0.95)
    assert choose(made, 0.98, 0.01) == "int8_qat"


def test_controls_other_bits_and_floats_never_ship_as_int8():
    made = reports(int8_qat_alone=1.0, int4_qat=1.0, float16=1.0)
    assert choose(made, 1.0, 0.0) is None
    assert choose({**made, **reports(int8_qat=0.1)}, 1.0, 0.0) == "int8_qat"
