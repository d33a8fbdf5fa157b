"""Which inputs are new: of kinds that nobody trained on."""

import keras
import numpy as np
from sklearn import metrics

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task

KNOWN = 5


@task
def new_digits(method, seed, arguments, split="test"):
    """Digits 0 to 4 are known; the score says how well 5 to 9 look new.

    It is the area under the ROC curve of the error of the student, which
    predicts a random network. The control is a classifier of the known
    digits, with all their labels and as many steps, whose digits look new
    where its largest probability is small.
    """
    images, labels = digits_data()["train"]
    known = labels < KNOWN
    x, y = images[known], labels[known]
    keras.utils.set_random_seed(seed)
    student = model = student_model(filters=(16, 32))
    if method is not None:
        model = method.build(
            teacher=None, student=student, seed=seed, **arguments
        )
    compile_model(model, EPOCHS * steps_per_epoch(x))
    model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    x, y = digits_data()[split]
    found = student.predict(x, batch_size=500, verbose=0)
    if method is None:
        p = np.exp(found - found.max(-1, keepdims=True))
        score = -p.max(-1) / p.sum(-1)
    else:
        target = model.teacher.model.predict(x, batch_size=500, verbose=0)
        score = np.mean((target - found) ** 2, axis=-1)
    return float(metrics.roc_auc_score(y >= KNOWN, score))
