"""Models that the bridge must carry, with weights that nothing cancels."""

import keras
import numpy as np

SHAPE = (12, 12, 2)


def randomize(model):
    """Gives every weight a value; statistics and scales stay positive."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "seed_generator" in weight.path:
            continue
        values = 0.3 * rng.normal(size=weight.shape)
        if "variance" in weight.path or "gamma" in weight.path:
            values = 0.5 + np.abs(values)
        weight.assign(values)
    return model


def images(count=6):
    return np.random.default_rng(1).uniform(0, 255, (count, *SHAPE)).astype("f")


def every_layer():
    """Has each supported layer and activation once."""
    layers = keras.layers
    inputs = keras.Input(SHAPE, name="photo")
    x = layers.Rescaling(1 / 127.5, -1, name="scaled")(inputs)
    x = layers.SeparableConv2D(
        4, 3, padding="same", depth_multiplier=2, activation="hard_swish"
    )(x)
    x = layers.GaussianNoise(0.1)(layers.Activation("relu6")(x))
    x = layers.Conv2D(4, 3, strides=2, groups=2, activation="silu")(x)
    x = layers.BatchNormalization(name="alone")(x)
    y = layers.DepthwiseConv2D(3, padding="same", activation="hard_sigmoid")(x)
    x = layers.LeakyReLU(0.1)(x) + layers.Identity()(y)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(4, 1, activation="sigmoid")(gate)
    x = layers.Multiply()([x, gate])
    x = layers.UpSampling2D()(layers.MaxPooling2D()(layers.ZeroPadding2D()(x)))
    x = layers.Concatenate()([x, layers.AveragePooling2D(1)(x)])
    top = layers.Reshape((8,))(layers.GlobalMaxPooling2D()(x))
    x = layers.Dense(5, activation="tanh")(layers.Flatten()(x))
    inner = keras.Sequential(
        [
            keras.Input((13,)),
            layers.Dense(6),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Dropout(0.5),
        ],
        name="inner",
    )
    x = inner(layers.Concatenate()([x, top]))
    x = layers.Add()([layers.Dense(3)(x), layers.Dense(3)(x)])
    return randomize(keras.Model(inputs, x, name="every"))


def odd_names():
    """Layers named as no scope of TensorFlow, or as what the bridge adds."""
    layers = keras.layers
    body = keras.Sequential(
        [keras.Input((10, 10, 2)), layers.Conv2D(2, 3, name="conv")],
        name="body",
    )
    inputs = keras.Input(SHAPE)
    x = layers.Rescaling(1 / 255, name="pixels")(inputs)
    x = layers.Conv2D(2, 3, activation="relu", name="image")(x)
    x = layers.ReLU(name="image_relu")(body(x))
    x = layers.Conv2D(2, 3, name="body_conv")(x)
    x = layers.Conv2D(2, 3, name="_größe: 3")(x)
    x = layers.Dense(3)(layers.Flatten()(x))
    return randomize(keras.Model(inputs, x, name="odd names"))


def small(activation="relu"):
    """Convolution, batch normalization, activation, dense."""
    layers = keras.layers
    return randomize(
        keras.Sequential(
            [
                keras.Input(SHAPE),
                layers.Rescaling(1 / 255, name="scaled"),
                layers.Conv2D(3, 3, use_bias=False, name="conv"),
                layers.BatchNormalization(name="norm"),
                layers.Activation(activation, name="act"),
                layers.Flatten(name="flat"),
                layers.Dense(3, name="logits"),
            ],
            name="small",
        )
    )


def student():
    """A classifier of three classes with every kind of kernel."""
    layers = keras.layers
    return randomize(
        keras.Sequential(
            [
                keras.Input(SHAPE),
                layers.Rescaling(1 / 255, name="scaled"),
                layers.Conv2D(4, 3, strides=2, use_bias=False, name="conv"),
                layers.BatchNormalization(name="norm"),
                layers.ReLU(name="act"),
                layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"),
                layers.ReLU(6.0, name="act6"),
                layers.Flatten(name="flat"),
                layers.Dense(3, name="logits"),
            ],
            name="student",
        )
    )
