"""Digits: a student of 1,700 parameters, 100 labels, and a teacher's help.

Command:  python -m tfkd.pipelines.run --config=configs/quickstart.py \
              --pipeline_root=runs/quickstart        (what `make demo` runs)
          --config=configs/quickstart.py:quick shrinks it to a smoke test,
          whose accuracies mean nothing.
Data:     scikit-learn's digits, 1,797 real images of 8x8 pixels, values 0
          to 16; they come with the package.
Setting:  the teacher learns from all training labels. The student has 100 of
          them and sees the other training images with their labels hidden
          from it (the teacher has seen them). The control is the same
          student with the same budget and the 100 labels, without a teacher.
          `fashion_mnist.py` keeps the images of both apart.
Cost:     about 2 minutes on 2 cores, without a GPU.
Expected: test accuracy on 500 images, seeds 0 to 2: teacher (94,698
          parameters) 98.8 %; student (1,662 parameters) alone 88.9 +- 2.2 %,
          distilled 97.6 +- 0.3 %; the int8 file of the chosen seed 98.0 % in
          6.5 KiB. Of the same seed: float16 98.0 %, quantization-aware
          training 98.0 % (97.2 % without the teacher), with half of the
          weights zero 97.4 %. One test of 500 images has a standard error
          of about 0.6 points: do not quote differences below 1 point.
"""

from tfkd.configs import common


def get_config(mode=""):
    common.check_mode(mode)
    config = common.default()
    config.pipeline_name = "quickstart"
    config.title = "Digits: 100 labels and a teacher"
    config.data.kind = "tfds"
    config.data.name = "digits"

    config.teacher.model = common.model(
        name="cnn",
        arguments={
            "filters": (32, 32, 64),
            "strides": (1, 2, 1),
            "dense": (64,),
        },
    )
    config.teacher.train = common.train(epochs=25)

    config.student = common.model(
        name="cnn",
        arguments={"filters": (4, 8), "strides": (1, 2)},
    )
    config.distillation.method = "hinton_kd"
    config.distillation.arguments.temperature = 4.0
    config.distillation.num_labels = 100
    config.distillation.train = common.train(epochs=60)

    # Side by side in the report, with training on labels alone as a control.
    config.compression.recipes = (
        "float16",
        "int8_ptq",
        "int8_qat",
        "int8_pruned_qat",
    )
    config.evaluation.thresholds = common.quality_thresholds(
        min_gain_over_control=0.03, max_accuracy_drop=0.01
    )
    config.infra_validation.thresholds = common.infra_thresholds(
        max_bytes=20_000, integer_only=True
    )
    if mode == "quick":
        # Accuracies mean nothing, and so would more training.
        config.compression.recipes = ("int8_ptq",)
        config.compression.fallback = ""
        config.teacher.train.epochs = 2
        common.shrink(config, epochs=2)
    return config
