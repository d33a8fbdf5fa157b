"""Fashion-MNIST: teacher and student never share a training image.

Command:  python -m tfkd.pipelines.run --config=configs/fashion_mnist.py \
              --pipeline_root=runs/fashion_mnist
          --config=configs/fashion_mnist.py:quick shrinks it to a smoke test,
          whose accuracies mean nothing.
Data:     70,000 images of 28x28 grey pixels, 0 to 255, in 10 classes. Debian's
          package `dataset-fashion-mnist` installs them; a folder with the
          same four files does as well (--config.data.path=FOLDER), and so
          does a prepared TFDS one (--config.data.data_dir=FOLDER).
Setting:  the stricter split. The teacher learns from one half of the training
          images, by a hash of each example's id; the student has the other
          half, 1,000 of them with labels and the rest without. The control
          has the same 1,000 labels and the same budget, without a teacher.
Cost:     not measured yet; the teacher alone is of the order of ten minutes
          on 2 cores.
Expected: not measured in this setting.
"""

from ml_collections import config_dict

from tfkd.configs import common


def get_config(mode=""):
    common.check_mode(mode)
    config = common.default()
    config.pipeline_name = "fashion_mnist"
    config.title = "Fashion-MNIST: 1,000 labels, disjoint images"
    config.data.kind = "tfds"
    config.data.name = "fashion_mnist"
    # A folder with the four files, or TFDS's own; Debian's when None.
    config.data.path = config_dict.placeholder(str)
    config.data.data_dir = config_dict.placeholder(str)
    config.num_shards = 8

    config.teacher.model = common.model(
        name="resnet",
        arguments={"filters": (32, 64, 128), "stem_stride": 2},
    )
    config.teacher.train = common.train(
        epochs=8, batch_size=128, learning_rate=3e-3, weight_decay=1e-3
    )
    config.teacher.subset = (0.0, 0.5)

    config.student = common.model(
        name="cnn",
        arguments={
            "filters": (8, 16, 32),
            "strides": (2, 2, 2),
            "dropout": 0.25,
        },
    )
    config.distillation.method = "hinton_kd"
    config.distillation.arguments.temperature = 4.0
    config.distillation.num_labels = 1000
    config.distillation.subset = (0.5, 1.0)
    config.distillation.train = common.train(epochs=12, learning_rate=3e-3)

    config.evaluation.thresholds = common.quality_thresholds(
        min_gain_over_control=0.02, max_accuracy_drop=0.01
    )
    config.infra_validation.thresholds = common.infra_thresholds(
        max_bytes=40_000, integer_only=True
    )
    if mode == "quick":
        # Accuracies mean nothing, and so would falling back on training.
        config.compression.fallback = ""
        config.teacher.train.epochs = 1
        common.shrink(config, epochs=1)
    return config
