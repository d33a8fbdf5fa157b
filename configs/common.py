"""Every field that a config has, with its default; data only.

Configs start from `default()` and set what is special to them. The command
line overrides any field: `--config.distillation.train.epochs=20`.

`arguments` of a model or a method belong to the model or method that the
config names. When the command line names another one, the other's own
defaults take their place.
"""

from ml_collections import config_dict


def model(**values):
    """A model: exactly one of `name`, `path`, `build` and `application`.

    Fields:
        name: A model of the zoo, such as `cnn`.
        path: A `.keras` file or a SavedModel directory.
        endpoint: Signature of a SavedModel; `serving_default` or `serve` when
            None.
        build: `my_package.my_module:build`, called as `build(input_shape=...,
            num_classes=..., **arguments)`.
        application: A model of `keras.applications`, such as `MobileNetV2`.
        arguments: Arguments of the model. On the command line those of the
            zoo's models are known; those of `build` and `application` are
            fields where the config's file sets them.
        scale, offset: The network sees `scale * pixel + offset`; by default
            pixels are mapped to 0..1. Not for `path` and `build`, which get
            raw pixels.
    """
    config = config_dict.ConfigDict()
    config.name = config_dict.placeholder(str)
    config.path = config_dict.placeholder(str)
    config.endpoint = config_dict.placeholder(str)
    config.build = config_dict.placeholder(str)
    config.application = config_dict.placeholder(str)
    config.arguments = config_dict.ConfigDict()
    config.scale = config_dict.placeholder(float)
    config.offset = config_dict.placeholder(float)
    config.update(values)
    return config


def train(**values):
    """An optimizer, how long it runs, in epochs, and what it computes in.

    `schedule` of the learning rate is `cosine`, `constant` or `steps`.
    `precision` is `float32`, `mixed_float16` or `mixed_bfloat16`; weights and
    saved models are float32 in each.

    A teacher from a `path` trains on for as many epochs, or not at all where
    they are left open.
    """
    config = config_dict.ConfigDict(
        {
            "epochs": 30,
            "batch_size": 64,
            "learning_rate": 2e-3,
            "optimizer": "adamw",
            "weight_decay": 1e-4,
            "schedule": "cosine",
            "precision": "float32",
        }
    )
    config.update(values)
    return config


def predictions():
    """What TeacherPredictions stores, and of which views of the images.

    Fields:
        batch_size: Examples in one forward pass.
        format: `dense`, or `top_k` for the `k` largest logits of an example
            and one number for all others.
        k: How many, for `top_k`.
        dtype: `float32` or `float16`.
        temperature: At which `top_k` keeps the others' mass exactly; 4 when
            None.
        taps: Tensors of the teacher, such as ("logits", "embedding"). A
            method that needs others has the teacher run beside it.
        views: How many views of each training image; epoch e of a student and
            of its control sees view e mod views.
        augmentation.shift: Largest shift of a view, in pixels.
        augmentation.horizontal_flip: Whether views may be mirrored.
    """
    config = config_dict.ConfigDict()
    config.batch_size = 256
    config.format = "dense"
    config.k = config_dict.placeholder(int)
    config.dtype = "float32"
    config.temperature = config_dict.placeholder(float)
    config.taps = ("logits",)
    config.views = 1
    config.augmentation = config_dict.ConfigDict(
        {"shift": 0, "horizontal_flip": False}
    )
    return config


def default():
    """Returns a config with every field; see the comments for its units."""
    config = config_dict.ConfigDict()
    config.pipeline_name = "tfkd"
    config.title = "Knowledge distillation"
    # The teacher's seed; added to each of the students' seeds.
    config.seed = 0

    # What ExampleGen reads.
    config.data = config_dict.ConfigDict()
    config.num_shards = 2

    config.teacher = config_dict.ConfigDict()
    config.teacher.model = model()
    config.teacher.train = train()
    # Part of the training split that the teacher learns from, as a range of
    # the hash of the example's id: (0.0, 0.5) is one half of it.
    config.teacher.subset = (0.0, 1.0)
    config.predictions = predictions()

    config.student = model()
    config.distillation = config_dict.ConfigDict()
    config.distillation.method = "hinton_kd"
    config.distillation.arguments = config_dict.ConfigDict()
    config.distillation.train = train()
    # Labels that the student sees; all when None.
    config.distillation.num_labels = config_dict.placeholder(int)
    config.distillation.subset = (0.0, 1.0)
    config.distillation.seeds = (0, 1, 2)
    # Whether student and control go on from those of the last run on other
    # data.
    config.distillation.warm_start = False

    config.compression = config_dict.ConfigDict()
    # Names of tfkd.compression.names(). Recipes that train are shown beside
    # their controls: quantization after training, and training without the
    # teacher.
    config.compression.recipes = ("int8_ptq",)
    config.compression.controls = True
    # Made too where int8_ptq costs more than max_drop on the eval split (a
    # fraction: 0.01 is one point); none when empty.
    config.compression.fallback = "int8_qat"
    config.compression.max_drop = 0.01
    # Of recipes that train; epochs are those of each of their steps.
    config.compression.training = config_dict.ConfigDict(
        {
            "epochs": 15,
            "batch_size": 64,
            "learning_rate": 1e-3,
            "temperature": 4.0,
            "weight": 0.9,
            "task_weight": 0.1,
            "sparsity": 0.5,
            "clusters": 16,
        }
    )
    config.compression.calibration_examples = 200

    config.export = config_dict.ConfigDict()
    # Conversion modes of tfkd.export.modes.names() to make of the student
    # besides float32 and what compression makes, such as ("float16",
    # "dynamic_int8", "int8_signed", "int8_selective", "int16x8").
    config.export.variants = ()
    # What int8_selective keeps in float32: layers by name, and how many more,
    # those that cost most when they alone are quantized.
    config.export.float_layers = ()
    config.export.sensitive_layers = 1

    # What the Evaluator compares with: "latest_blessed", the last model of an
    # earlier run that was blessed; nothing when None.
    config.baseline = config_dict.placeholder(str)
    config.evaluation = config_dict.ConfigDict()
    config.evaluation.thresholds = quality_thresholds()
    config.evaluation.bootstrap_samples = 1000

    config.infra_validation = config_dict.ConfigDict()
    config.infra_validation.thresholds = infra_thresholds()
    # Timed inferences of each file and setting.
    config.infra_validation.latency_runs = 200
    # Images on which the error of each layer is measured.
    config.infra_validation.layer_images = 32
    config.infra_validation.timeout_s = 600.0

    config.pusher = config_dict.ConfigDict()
    # `<pipeline_root>/serving` when None.
    config.pusher.serving_dir = config_dict.placeholder(str)
    config.pusher.variant = "int8"
    return config


def quality_thresholds(**values):
    """Bounds on a model's answers; those left open are none.

    Accuracies and differences of them are fractions: 0.01 is one point. Of
    the pushed variant, unless another is named.

    Fields:
        min_accuracy: Accuracy.
        min_worst_class_accuracy: Accuracy on the class where it is lowest.
        min_gain_over_control: Mean of the student's seeds less the control's.
        min_gain_over_baseline: Accuracy less the baseline's, on the same
            images; holds where there is none. Needs `baseline`.
        max_accuracy_drop: Accuracy of the float student less the variant's.
        min_agreement: Share of answers that are the teacher's.
        min_agreement_with_float: Share that are the float student's.
    """
    names = (
        "min_accuracy",
        "min_worst_class_accuracy",
        "min_gain_over_control",
        "min_gain_over_baseline",
        "max_accuracy_drop",
        "min_agreement",
        "min_agreement_with_float",
    )
    return _bounds(dict.fromkeys(names, float), values)


def infra_thresholds(**values):
    """Bounds on the pushed file; those left open are none.

    Ratios are to the float32 file of the same student, in the same run.

    Fields:
        max_bytes, max_gzip_bytes: Its size, as it is and compressed.
        max_memory_bytes: Growth of a process that loads and runs it.
        max_latency_ratio, max_latency_p90_ratio: Median and 90th percentile
            of an inference, one thread.
        max_latency_ratio_2_threads, max_latency_ratio_no_xnnpack: Medians.
        min_layer_sqnr_db: Signal over quantization noise of the worst layer.
        integer_only: True where no operation may touch a float.
        gpu_compatible: True where the GPU delegate must take all operations.
        allowed_ops: The only operations that there may be.
    """
    kinds = {
        "max_bytes": int,
        "max_gzip_bytes": int,
        "max_memory_bytes": int,
        "max_latency_ratio": float,
        "max_latency_p90_ratio": float,
        "max_latency_ratio_2_threads": float,
        "max_latency_ratio_no_xnnpack": float,
        "min_layer_sqnr_db": float,
        "integer_only": bool,
        "gpu_compatible": bool,
        "allowed_ops": tuple,
    }
    return _bounds(kinds, values)


def _bounds(kinds, values):
    config = config_dict.ConfigDict(
        {name: config_dict.placeholder(kind) for name, kind in kinds.items()}
    )
    config.lock()
    config.update(values)
    return config.unlock()


def check_mode(mode):
    """Refuses a `--config=file.py:mode` that no config knows."""
    if mode not in ("", "quick"):
        raise ValueError(
            f"After the config's file name may follow ':quick', received "
            f"':{mode}'."
        )


def shrink(config, *, epochs):
    """Makes a smoke test of a config: one student of a few epochs."""
    config.distillation.train.epochs = epochs
    config.distillation.seeds = (0,)
    config.evaluation.bootstrap_samples = 100
    config.infra_validation.latency_runs = 20
