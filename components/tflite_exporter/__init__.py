"""The component `TFLiteExporter`: what ships, checked against Keras."""
