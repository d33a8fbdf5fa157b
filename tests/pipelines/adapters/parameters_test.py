import pipeline_fakes

from tfkd.components.tflite_exporter.component import TFLiteExporterSpec
from tfkd.pipelines.adapters import parameters


def test_plain_values_stay_and_others_become_json():
    source = pipeline_fakes.Source(text='{"a": 1}', options={"b": [True]})
    encoded = parameters.encode(source)
    assert encoded == {"text": '{"a": 1}', "options": '{"b": [true]}'}
    assert parameters.decode(pipeline_fakes.SourceSpec, encoded) == {
        "text": '{"a": 1}',
        "options": {"b": [True]},
    }


def test_absent_parameters_are_defaults_and_other_keys_are_ignored():
    decoded = parameters.decode(pipeline_fakes.TrainSpec, {"foreign": 1})
    assert decoded == {"rate": 1.0}
    decoded = parameters.decode(TFLiteExporterSpec, {"variants": '["int16x8"]'})
    assert decoded["variants"] == ["int16x8"]
    assert decoded["calibration_examples"] == 200
