"""Hand-made rows of a sweep."""

import json

METHOD, TEMPERATURE = FIELDS = [
    "distillation.method",
    "distillation.arguments.temperature",
]
CONTROL = {"0": 0.80, "1": 0.82, "2": 0.84}


def row(number, method, student, *, chosen_by, temperature=""):
    return {
        "point": number,
        METHOD: method,
        TEMPERATURE: temperature,
        "state": "finished",
        "teacher_accuracy": 0.98,
        "control_accuracy": 0.82,
        "student_accuracy": sum(student) / len(student),
        "gain": sum(student) / len(student) - 0.82,
        "int8_accuracy": 0.9,
        "int8_bytes": 6000,
        "eval_accuracy": chosen_by,
        "test_examples": 500,
        "control_seeds": json.dumps(CONTROL),
        "student_seeds": json.dumps(
            {str(seed): value for seed, value in enumerate(student)}
        ),
        "blessed": "yes",
        "seconds": "1.0",
        "error": "",
    }
