"""A teacher that knows what the target domain looks like, and no masks."""

import functools

import keras

from learning_protocols.digits import task
from learning_protocols.scene_domains import domains
from learning_protocols.scene_domains import faint
from learning_protocols.scene_domains import faint_scenes
from learning_protocols.scenes import TEACHER_SCENES
from learning_protocols.scenes import canvases
from learning_protocols.scenes import compile_scenes
from learning_protocols.scenes import fit_scenes
from tfkd.tasks import segmentation

FILTERS = (8, 16, 24)


def network():
    """A student, or what the teacher's encoder is part of."""
    return segmentation.model(input_shape=(16, 16, 1), filters=FILTERS)


@functools.cache
def style_teacher():
    """The student's encoder, trained to name 1,200 faint digits."""
    keras.utils.set_random_seed(1000)
    images, masks = canvases(TEACHER_SCENES, split="train", seed=3)
    digits = masks.max(axis=(1, 2)) - 1
    encoder = network()
    x = keras.layers.GlobalAveragePooling2D()(
        encoder.get_layer("stage3").output
    )
    model = keras.Model(encoder.input, keras.layers.Dense(10, name="logits")(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    compile_scenes(model, loss, 600)
    model.fit(faint(images), digits, epochs=10, batch_size=20, verbose=0)
    return model


@task
def faint_masks_known_style(method, seed, arguments, split="test"):
    """200 canvases of a digit with masks, 200 faint ones without.

    The teacher has learned to name 1,200 other faint digits, and began as
    the student does. The control trains on the 200 with masks, from the
    teacher's encoder, too, and for as many steps. The score is mIoU on faint
    ones.
    """
    teacher = style_teacher()
    source, both = domains(canvases, seed, lambda masks: 0 * masks - 1)
    keras.utils.set_random_seed(seed)
    student = network()
    for layer in student.layers:
        if layer.name.startswith("stage"):
            layer.set_weights(teacher.get_layer(layer.name).get_weights())
    if method is None:
        fit_scenes(student, *source, segmentation.loss())
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        fit_scenes(model, *both, segmentation.loss())
    images, masks = faint_scenes(canvases, split)
    metric = segmentation.MeanIoU()
    metric.update_state(masks, student.predict(images, verbose=0))
    return float(metric.result())
