from benchmarks.teacher_cache import table


def speed():
    row = {"examples_per_second": 100.0, "load": 1.0, "provenance": "here"}
    return {"speed/R": row}


def test_a_teacher_that_runs_reads_its_images_too():
    times = {"seconds": table.LARGEST / 300.0, "peak": 1, "before": 1}
    row = {"store": times, "read": times, "bytes": 1, "provenance": "here"}
    results = {**speed(), f"scale/{table.LARGEST}/top 10": row}
    text = table.render(results)
    assert "300 a second (above)" in text
    # 1 / 300 s for reading and 1 / 100 s for the forward pass: 4 to 1.
    assert "| R | 100 | 4.0 |" in text


def test_without_the_scale_run_nothing_is_said_of_reading():
    text = table.render(speed())
    assert "a second (above)" not in text
    assert "| R | 100 |  |" in text
