"""A `Model` artifact's directory, as those who export and judge it see it."""

import pathlib

from tfkd.training import model_files


class TrainedModel:
    """A trained model: the selected seed's file and those of all seeds.

    Args:
        directory: Holds `Format-Keras/model.keras`, `training.json` and, for
            several seeds, `seed-<n>/model.keras`.

    Attributes:
        uri: The directory.
        path: The selected seed's file.
        training: The content of `training.json`.

    Raises:
        InputError: If there is no readable `training.json`.
    """

    def __init__(self, directory):
        self.uri = str(directory)
        self.path = pathlib.Path(directory, model_files.SELECTED)
        self.training = model_files.read_record(self.uri)

    @property
    def hash(self):
        return self.training["model_hash"]

    @property
    def source(self):
        """The config's model dict that it was built from."""
        return self.training["model"]

    @property
    def selected_seed(self):
        return self.training["selected_seed"]

    def load(self):
        """Loads the selected model."""
        return model_files.load(self.uri)

    def other_seeds(self):
        """Returns the seeds of all runs but the selected one."""
        return [
            run["seed"]
            for run in self.training["runs"]
            if run["seed"] != self.selected_seed
        ]
