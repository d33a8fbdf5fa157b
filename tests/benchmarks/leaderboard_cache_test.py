import os

import keras

from benchmarks import leaderboard_cache


def test_what_a_killed_process_left_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setattr(leaderboard_cache, "FOLDER", tmp_path)

    def make():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        return [model]

    (found,) = leaderboard_cache.models("a", [], make)
    (folder,) = tmp_path.iterdir()
    # As if a process of this number had been killed while it saved.
    folder.rename(f"{folder}.{os.getpid()}")
    (again,) = leaderboard_cache.models("a", [], make)
    assert again.count_params() == found.count_params() == 3
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
