# make demo [SEED=0] [TASK=buildings|roads|landcover] [PRESET=default|mild|hard]
# make test   all tests        make check   ruff, mypy, codespell
# make zoo    writes docs/model_zoo.md from the metafiles beside the configs
# make docs   builds the site strictly, without the network, into work_dirs/site
# make tutorials    runs the notebooks and keeps what their cells put out
# make coverage     all tests, and how much of mmda's branches they take
# make wheel-test   builds the wheel and uses it in a fresh environment and an empty folder
# make wheel-check  the same in an environment that shares the packages of .venv: minutes less
PYTHON ?= python3
SEED ?= 0
TASK ?= buildings
PRESET ?= default

BIN := .venv/bin
INSTALLED := .venv/.installed
DOCS_INSTALLED := .venv/.docs-installed

.PHONY: demo docs tutorials zoo test coverage wheel-test wheel-check check format setup
demo: $(INSTALLED)
	$(BIN)/mmda demo --seed $(SEED) --task $(TASK) --preset $(PRESET)

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

coverage: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term $(PYTEST_ARGS)

docs: $(DOCS_INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

tutorials: $(DOCS_INSTALLED)
	$(BIN)/python docs/site/run_notebooks.py

zoo: $(INSTALLED)
	$(BIN)/python docs/model_zoo.py

wheel-test: $(INSTALLED)
	$(BIN)/python tests/packaging/check_wheel.py

wheel-check: $(INSTALLED)
	$(BIN)/python tests/packaging/check_wheel.py --share-packages

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(INSTALLED)
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,report,dask,pretrained,onnx]'
	touch $@

$(DOCS_INSTALLED): $(INSTALLED)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@
