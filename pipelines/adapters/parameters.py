"""Parameters as the plain values that other orchestrators carry."""

import json

_PLAIN = (int, float, str)


def encode(component):
    """Returns a component's parameters as int, float or str values.

    What is declared as exactly one of these stays what it is, all else
    becomes JSON text. Absent parameters are left out.

    Args:
        component: A `BaseComponent`.
    """
    declared = component.spec.PARAMETERS
    return {
        key: value
        if declared[key].type in _PLAIN
        else json.dumps(value, sort_keys=True)
        for key, value in component.exec_properties.items()
        if value is not None
    }


def decode(spec_class, values):
    """Returns the parameters that `encode` was given.

    Args:
        spec_class: The component's `ComponentSpec`.
        values: What `encode` returned, and anything else.
    """
    found = {}
    for key, parameter in spec_class.PARAMETERS.items():
        value = values.get(key)
        if value is None:
            value = parameter.default
        elif parameter.type not in _PLAIN:
            value = json.loads(value)
        found[key] = value
    return found
