"""Training that can be killed: settings, data order, resume, model files."""
