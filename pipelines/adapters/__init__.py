"""Pipelines of tfkd as those of TFX and of Kubeflow Pipelines."""
