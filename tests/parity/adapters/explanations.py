"""Where networks see a class."""

import tensorflow as tf
from keras import ops

from tfkd.distances import LpDistance
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.taps import derivatives

from .helpers import differentiate


def gradcam_attention(arrays, hyperparameters):
    # One reference does not normalize; the other keeps the channels.
    distance = LpDistance(p=1, reduce="sum")

    def by_channel(slopes, maps):
        channels = ops.moveaxis(slopes, -1, 1), ops.moveaxis(maps, -1, 1)
        flat = (ops.reshape(x, (-1, *slopes.shape[1:3], 1)) for x in channels)
        cams = derivatives.grad_cam(*flat)
        shape = (slopes.shape[0], slopes.shape[-1], *slopes.shape[1:3])
        return l2_normalize(flatten(ops.reshape(cams, shape)))

    def function(a):
        teacher, student = (
            derivatives.grad_cam(a[f"{role}_grad"], a[f"{role}_act"])
            for role in "ts"
        )
        channels = [by_channel(a[f"{r}_grad"], a[f"{r}_act"]) for r in "ts"]
        return {
            "loss": distance(teacher, student),
            "s_cam": student,
            "podnet_style": distance(*channels),
        }

    return differentiate(function, arrays, ["s_act"])


def lwm_gradcam(arrays, hyperparameters):
    # The reference weighs the slopes themselves, not the map.
    def explained(a, role):
        maps = a[f"{role}_fm"]
        with tf.GradientTape() as tape:
            tape.watch(maps)
            x = ops.conv(maps, a[f"{role}_k"]) + a[f"{role}_kb"]
            x = ops.mean(ops.tanh(x), axis=(1, 2))
            logits = ops.matmul(x, a[f"{role}_d"]) + a[f"{role}_db"]
            rows = ops.one_hot(a["labels"], logits.shape[-1])
            score = ops.sum(rows * logits)
        slopes = tape.gradient(score, maps)
        cam = derivatives.grad_cam(slopes, slopes)
        return logits, l2_normalize(flatten(cam))

    def function(a):
        t_logits, teacher = explained(a, "t")
        s_logits, student = explained(a, "s")
        loss = LpDistance(p=1)(ops.stop_gradient(teacher), student)
        return {"loss": loss, "s_logits": s_logits, "t_logits": t_logits}

    return differentiate(function, arrays, ["s_fm", "s_k"])


ADAPTERS = {
    "gradcam_attention": gradcam_attention,
    "lwm_gradcam": lwm_gradcam,
}
