"""Image data: sources, records, statistics, schema, validation.

Importing this package imports neither TensorFlow nor Beam.
"""
