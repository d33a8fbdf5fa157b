def pytest_make_parametrize_id(config, val, argname):
    """Names bytes by their argument: workers must agree on test names."""
    return argname if isinstance(val, bytes) else None
