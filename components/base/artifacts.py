"""Artifact types: what flows between components, named as in TFX."""


class Artifact:
    """A directory of files with a type, properties and a place in lineage.

    As in TFX, what `PROPERTIES` declares can be read and set as an attribute
    too: `examples.split_names`.

    Attributes:
        uri: Directory that holds the files.
        id: Number in the metadata store, `None` before it is recorded.
        properties: Values of the keys that `PROPERTIES` declares.
        custom_properties: Further values: int, float, str or bool.
    """

    TYPE_NAME = "Artifact"
    # MLMD's base type, as TFX assigns it (None, "Dataset", "Model", ...).
    BASE_TYPE = None
    # Property name to int, float or str.
    PROPERTIES = {}

    def __init__(self, uri="", id=None):
        self.uri = uri
        self.id = id
        self.properties = {}
        self.custom_properties = {}

    def __getattr__(self, name):
        if name not in type(self).PROPERTIES:
            raise AttributeError(
                f"{type(self).__name__} has no property {name!r}; it declares "
                f"{', '.join(type(self).PROPERTIES) or 'none'}."
            )
        return self.properties.get(name, type(self).PROPERTIES[name]())

    def __setattr__(self, name, value):
        if name in type(self).PROPERTIES:
            self.properties[name] = value
        else:
            super().__setattr__(name, value)

    def has_custom_property(self, key):
        """Says whether a custom property is set."""
        return key in self.custom_properties

    def set_int_custom_property(self, key, value):
        """Sets a custom property to a whole number."""
        self.custom_properties[key] = int(value)

    def set_float_custom_property(self, key, value):
        """Sets a custom property to a number."""
        self.custom_properties[key] = float(value)

    def set_string_custom_property(self, key, value):
        """Sets a custom property to a text."""
        self.custom_properties[key] = str(value)

    def get_int_custom_property(self, key):
        """Returns a custom property, 0 where it is not set."""
        return int(self.custom_properties.get(key, 0))

    def get_float_custom_property(self, key):
        """Returns a custom property, 0.0 where it is not set."""
        return float(self.custom_properties.get(key, 0.0))

    def get_string_custom_property(self, key):
        """Returns a custom property, an empty text where it is not set."""
        return str(self.custom_properties.get(key, ""))

    def __repr__(self):
        return f"{type(self).__name__}(uri={self.uri!r}, id={self.id!r})"


class Examples(Artifact):
    """Sharded, compressed TFRecords of `tf.Example` in `Split-<name>/`."""

    TYPE_NAME = "Examples"
    BASE_TYPE = "Dataset"
    PROPERTIES = {"span": int, "version": int, "split_names": str}


class ExampleStatistics(Artifact):
    """`Split-<name>/FeatureStats.pb`."""

    TYPE_NAME = "ExampleStatistics"
    BASE_TYPE = "Statistics"
    PROPERTIES = {"span": int, "split_names": str}


class Schema(Artifact):
    """`schema.pbtxt`."""

    TYPE_NAME = "Schema"


class ExampleAnomalies(Artifact):
    """`Split-<name>/SchemaDiff.pb`."""

    TYPE_NAME = "ExampleAnomalies"
    PROPERTIES = {"span": int, "split_names": str}


class MethodCheck(Artifact):
    """`method.json`: what will be distilled into what, and how."""

    TYPE_NAME = "tfkd.MethodCheck"


class Model(Artifact):
    """`Format-Keras/model.keras` with `training.json`."""

    TYPE_NAME = "Model"
    BASE_TYPE = "Model"


class TeacherPredictions(Artifact):
    """A teacher's outputs, by its hash, example id and view."""

    TYPE_NAME = "tfkd.TeacherPredictions"
    BASE_TYPE = "Dataset"
    PROPERTIES = {"split_names": str}


class CompressedModel(Artifact):
    """One folder a compression recipe, each with `model.tflite`."""

    TYPE_NAME = "tfkd.CompressedModel"
    BASE_TYPE = "Model"


class TFLiteModel(Artifact):
    """One folder a variant: `model.tflite`, `labels.txt`, `model.json`."""

    TYPE_NAME = "tfkd.TFLiteModel"
    BASE_TYPE = "Model"


class ModelEvaluation(Artifact):
    """`metrics.json` and `predictions.npz`."""

    TYPE_NAME = "ModelEvaluation"


class ModelBlessing(Artifact):
    """The file `BLESSED` or `NOT_BLESSED`, and `blessing.json`."""

    TYPE_NAME = "ModelBlessing"


class InfraBlessing(Artifact):
    """`INFRA_BLESSED` or `INFRA_NOT_BLESSED`, and `infra_validation.json`."""

    TYPE_NAME = "InfraBlessing"


class PushedModel(Artifact):
    """`pushed.json`: where a blessed model went."""

    TYPE_NAME = "PushedModel"
    BASE_TYPE = "Model"


class DistillationReport(Artifact):
    """`report.html` and `summary.txt`."""

    TYPE_NAME = "tfkd.DistillationReport"
