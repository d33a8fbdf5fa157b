import numpy as np

from tfkd.export import process_memory


def test_the_peak_grows_with_what_was_used_and_can_be_forgotten():
    process_memory.forget_peak()
    before = process_memory.peak()
    # Written to, so that it is resident; then freed.
    assert np.ones(2**25, "uint8").sum() == 2**25
    assert process_memory.peak() >= before + 2**24
    assert process_memory.peak() >= process_memory.resident()
    process_memory.forget_peak()
    assert process_memory.peak() < before + 2**24
