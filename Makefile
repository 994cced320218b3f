# The same recipes for a person, for pre-commit and for CI. The README's second line makes .venv first.
bin := .venv/bin
locking := -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
compile := uv pip compile pyproject.toml $(locking)
# Files in the order of the tree: the long journeys come early, and no worker is left alone with one at the end.
tests := $(bin)/pytest -q -n auto --dist loadfile --no-loadscope-reorder
# Hundreds of processes are started by the tests; each would compile every file again where this is set.
export PYTHONDONTWRITEBYTECODE :=
smoke_python := $(shell for p in python3.13 $(HOME)/.pyenv/versions/3.13*/bin/python3.13; do $$p -c 'import sys; print(sys.executable)' 2>/dev/null && break; done)

.PHONY: demo test check lint types floors base clients explainers newest openvino smoke bench fuzz lock newcomer routes torch-check

demo:
	$(bin)/andamio demo

test:
	$(tests)

# What stands beside the tests goes two at a time: environments wait for the network, mypy for a processor.
check:
	$(MAKE) -j2 --output-sync=target lint types base newest clients explainers floors
	ANDAMIO_BASE_PYTHON=$(CURDIR)/.venv-base/bin/python ANDAMIO_CLIENTS_PYTHON=$(CURDIR)/.venv-clients/bin/python ANDAMIO_EXPLAINERS_PYTHON=$(CURDIR)/.venv-explainers/bin/python $(tests)
	$(MAKE) smoke

lint:
	$(bin)/ruff format --check .
	$(bin)/ruff check .

types:
	$(bin)/mypy

floors:
	$(bin)/lint-imports

# The edge runtime in an environment of its own: no pandas, polars, scikit-learn, SQLAlchemy.
base: .venv-base/.made

.venv-base/.made: requirements/base.txt pyproject.toml
	$(bin)/python -m venv --clear .venv-base
	.venv-base/bin/pip install -q --require-hashes -r requirements/base.txt
	.venv-base/bin/pip install -q --no-deps --no-build-isolation -e .
	touch $@

# The clients of MLflow, Triton and KServe, which the dialects' tests ask with. pip takes minutes, uv seconds.
clients: .venv-clients/.made

.venv-clients/.made: requirements/clients.txt
	$(bin)/python -m venv --clear .venv-clients
	if command -v uv >/dev/null; then \
	  uv pip install -q --python .venv-clients/bin/python --require-hashes -r requirements/clients.txt; \
	else .venv-clients/bin/pip install -q --require-hashes -r requirements/clients.txt; fi
	touch $@

# SHAP and LIME, which a test asks about the same graph.
explainers: .venv-explainers/.made

.venv-explainers/.made: requirements/explainers.txt
	$(bin)/python -m venv --clear .venv-explainers
	if command -v uv >/dev/null; then \
	  uv pip install -q --python .venv-explainers/bin/python --require-hashes -r requirements/explainers.txt; \
	else .venv-explainers/bin/pip install -q --require-hashes -r requirements/explainers.txt; fi
	touch $@

# OpenVINO, which exports are proven with; two hundred megabytes, so not part of the check.
openvino: .venv-openvino/.made
	ANDAMIO_OPENVINO_PYTHON=$(CURDIR)/.venv-openvino/bin/python $(bin)/pytest -q tests/unit/exports

.venv-openvino/.made: requirements/openvino.txt
	$(bin)/python -m venv --clear .venv-openvino
	.venv-openvino/bin/pip install -q --require-hashes -r requirements/openvino.txt
	touch $@

# The newest Python that the project names: imports and one short journey.
smoke: newest
ifneq ($(smoke_python),)
	.venv-3.13/bin/pytest -q -m smoke
endif

newest:
ifeq ($(smoke_python),)
	@if [ -n "$$ANDAMIO_CI" ]; then echo "python3.13 is not here: the smoke run is a failure in CI"; exit 1; else echo "python3.13 is not here: smoke run left out"; fi
else
	$(MAKE) .venv-3.13/.made
endif

.venv-3.13/.made: requirements/dev.txt pyproject.toml
	$(smoke_python) -m venv --clear .venv-3.13
	if command -v uv >/dev/null; then \
	  uv pip install -q --python .venv-3.13/bin/python --require-hashes -r requirements/dev.txt; \
	else .venv-3.13/bin/pip install -q --require-hashes -r requirements/dev.txt; fi
	.venv-3.13/bin/pip install -q --no-deps --no-build-isolation -e .
	touch $@

bench:
	$(bin)/python benchmarks/start_up.py
	$(bin)/python benchmarks/serving/run.py
	$(bin)/python benchmarks/serving/journal.py
	$(bin)/python benchmarks/explaining.py
	$(bin)/python benchmarks/serving/overload.py
	$(bin)/python benchmarks/training/uci_regression.py concrete energy
	$(bin)/python benchmarks/training/ai4i.py
	$(bin)/python benchmarks/training/ai4i.py --declared
	$(bin)/python benchmarks/monitoring/driftbench.py --quick
	$(bin)/python benchmarks/monitoring/tep.py
	$(bin)/python benchmarks/monitoring/offset.py
	$(bin)/python benchmarks/monitoring/speed.py

# Schemathesis against a real scoring process, then atheris on what reads a body; in an environment of their own.
examples ?= 200
seconds ?= 60
fuzz: .venv-fuzz/.made
	$(bin)/python tests/fuzz/campaign.py .venv-fuzz/bin/schemathesis --examples $(examples)
	$(bin)/python tests/fuzz/decoders.py "$$(.venv-fuzz/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" --seconds $(seconds)

.venv-fuzz/.made: requirements/fuzz.txt
	$(bin)/python -m venv --clear .venv-fuzz
	.venv-fuzz/bin/pip install -q --require-hashes -r requirements/fuzz.txt
	touch $@

# What trains networks, in an environment of its own: not part of the check, since the usual wheel for Linux
# brings gigabytes for graphics cards. torch_from="--index-url URL" names an index of smaller ones.
torch_from ?=
torch-check: .venv-torch/.made
	.venv-torch/bin/pytest -q tests/unit/training/test_convolution.py

.venv-torch/.made: requirements/dev.txt pyproject.toml
	$(bin)/python -m venv --clear .venv-torch
	.venv-torch/bin/pip install -q --require-hashes -r requirements/dev.txt
	.venv-torch/bin/pip install -q --no-deps --no-build-isolation -e .
	.venv-torch/bin/pip install -q $(torch_from) "torch>=2.6"
	touch $@

# Compile the locks again after a change of pyproject.toml; they carry hashes and name no index.
lock:
	$(compile) --group build -o requirements/base.txt
	$(compile) --group build --extra plant -c requirements/base.txt -o requirements/plant.txt
	$(compile) --group dev --extra plant --extra postgres --extra otel -c requirements/plant.txt -o requirements/dev.txt
	uv pip compile --group fuzz $(locking) -o requirements/fuzz.txt
	uv pip compile requirements/clients.in $(locking) -o requirements/clients.txt
	uv pip compile requirements/explainers.in $(locking) -o requirements/explainers.txt
	uv pip compile requirements/openvino.in $(locking) -o requirements/openvino.txt

# The two commands of the README on a bare Debian 12, in a chroot (slow; needs root and debootstrap).
newcomer:
	tests/newcomer/debian12.sh

# A thousand random changes of what answers, under load: minutes, so not part of the check.
routes:
	ANDAMIO_ROUTE_VERBS=1000 $(bin)/pytest -q tests/live/serving/test_routes_under_load.py
