# `make demo` and `make test` set everything up by themselves.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIPELINE_ROOT ?= runs/quickstart
UV ?= uv

VENV := .venv
STAMP := $(VENV)/.installed
ML_METADATA := $(VENV)/ml_metadata
COMPILE = $(UV) pip compile --generate-hashes --upgrade --no-emit-index-url \
    --no-header --python-version 3.11
RUN := TF_CPP_MIN_LOG_LEVEL=3 $(VENV)/bin/python

.PHONY: demo test torture leaderboard leaderboard-quick bench bench-quick \
    bench-peers setup lint lock clean

demo: setup
	$(RUN) -m tfkd.pipelines.run --config=configs/quickstart.py \
	    --pipeline_root="$(PIPELINE_ROOT)"

# In two parts: what TensorFlow keeps of thousands of models is given back.
test: setup
	$(RUN) -m pytest -n 2 -m "not slow and not gpu" tests/conformance
	$(RUN) -m pytest -n 2 -m "not slow and not gpu" --ignore=tests/conformance

setup: $(STAMP) $(ML_METADATA)/.installed

# Once for each change of the lock file or of the package's metadata.
$(STAMP): requirements.lock setup.py
	@echo "Installing into $(VENV) (3.3 GB; some minutes, once)"
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	    --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --no-build-isolation -e .
	touch $@

# Google's ML Metadata client, for one test. It needs an older protobuf.
$(ML_METADATA)/.installed: tests/pipelines/ml_metadata_requirements.txt $(STAMP)
	$(PYTHON) -m venv $(ML_METADATA)
	$(ML_METADATA)/bin/python -m pip install --quiet \
	    --disable-pip-version-check --require-hashes -r $<
	touch $@

# Kills the demo 20 times at random moments; some ten minutes.
torture: setup
	$(RUN) tests/pipelines/torture.py

# Hours; goes on where it was interrupted. TASK=all runs every task.
TASK ?= fashion_1k
leaderboard: setup
	$(RUN) -m benchmarks.leaderboard --task=$(TASK)

# Minutes; shows that it runs, and is no evidence.
leaderboard-quick: setup
	$(RUN) -m benchmarks.leaderboard --task=$(TASK) --quick

# Ratios of speed, side by side; what is measured already is kept.
bench: setup
	$(RUN) -W ignore -m benchmarks.speed

bench-quick: setup
	$(RUN) -W ignore -m benchmarks.speed --quick

# PyTorch and torchdistill, which `make bench` then measures beside us.
bench-peers:
	$(PYTHON) -m venv $(VENV)/torch
	$(VENV)/torch/bin/python -m pip install --quiet \
	    --disable-pip-version-check -r benchmarks/speed/torch_requirements.txt

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(RUN) -m pytest tests/architecture_test.py

# Needs uv, which nothing else does.
lock:
	$(COMPILE) requirements.in --output-file requirements.lock
	$(COMPILE) tests/pipelines/ml_metadata_requirements.in \
	    --output-file tests/pipelines/ml_metadata_requirements.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache
