"""Your own images and your own teacher.

Command:  python -m tfkd.pipelines.run --config=configs/custom_images.py \
              --pipeline_root=runs/mine \
              --config.data.path=my_images \
              --config.data.image_size="(224, 224)" \
              --config.teacher.model.path=my_teacher.keras
          --config=configs/custom_images.py:quick trains one student for one
          epoch: a smoke test of images and teacher.
Data:     a folder with one sub-folder of images for each class:
          my_images/cat/1.png, my_images/dog/2.jpg. A folder with
          sub-folders train, eval and test is taken as already split. Photos
          are turned upright, as their EXIF tag says. All are brought to
          data.image_size, height and width: those that the teacher takes.
          Training holds its split in memory in float32: 6 GB are 10,000
          images of 224x224 pixels in colour.
Teacher:  a `.keras` file or a SavedModel directory whose output are logits
          over the classes in alphabetical order; a softmax at the end is
          taken off. It gets the images as they are stored, 0 to 255, at that
          size. Code of your own, called as
          build(input_shape=..., num_classes=...) and trained here:
              --config.teacher.model.build=my_package.my_module:build \
              --config.teacher.train.epochs=20
          without epochs, it is taken with the weights that it comes with;
          or one of keras.applications, trained here from random weights:
              --config.teacher.model.application=MobileNetV2 \
              --config.teacher.train.epochs=20
Setting:  all labels; the control is the same student without the teacher.
Cost:     depends on your images.
Expected: depends on your images. A student that is not better than its
          control by one point is not blessed.
"""

from ml_collections import config_dict

from tfkd.configs import common


def get_config(mode=""):
    common.check_mode(mode)
    config = common.default()
    config.pipeline_name = "custom_images"
    config.title = "My images, my teacher"
    config.data.kind = "image_folder"
    config.data.path = config_dict.placeholder(str)
    # With {SPAN} or {YYYY}-{MM}-{DD} in the path: the last span to read, the
    # newest when None; and how many up to it, all when None.
    config.data.span = config_dict.placeholder(int)
    config.data.num_spans = config_dict.placeholder(int)
    config.data.image_size = (64, 64)
    # 3 for colour, 1 for grey.
    config.data.channels = 3
    # Parts of the images for splits that the folder lacks: 0.15 of those that
    # are left after 0.2 for the test when None.
    config.data.eval_fraction = config_dict.placeholder(float)
    config.data.test_fraction = config_dict.placeholder(float)

    # Set exactly one of its name, path, build and application.
    config.teacher.model = common.model()
    config.teacher.train = common.train()
    # An imported teacher stays as it is.
    config.teacher.train.epochs = config_dict.placeholder(int)

    config.student = common.model(
        name="mobilenet",
        arguments={"filters": (16, 24, 32), "stem_stride": 2},
    )
    config.distillation.method = "hinton_kd"
    config.distillation.arguments.temperature = 4.0
    config.distillation.train = common.train(epochs=40)

    config.evaluation.thresholds = common.quality_thresholds(
        min_gain_over_control=0.01, max_accuracy_drop=0.01
    )
    config.infra_validation.thresholds = common.infra_thresholds(
        max_bytes=500_000, integer_only=True
    )
    if mode == "quick":
        # Accuracies mean nothing, and so would falling back on training.
        config.compression.fallback = ""
        common.shrink(config, epochs=1)
    return config
