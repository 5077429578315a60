# make demo    set-up, then the main job: out/demo/report.html
# make test    set-up, then lint, types and every test
# make setup   set-up alone: ngspice, .venv, the package (NO_INSTALL=1 refuses system packages)
# make docs    set-up, then the manual as a site: out/docs/html/index.html
# make reproduce   set-up, then every published study: out/studies/report.html
# make bench   set-up, then the timings beside installed peers
# make mutants ROOM=nodal   set-up, then small wrong changes of one room: which of them the tests find (SEED, COUNT)

.PHONY: demo test types suite setup docs reproduce bench mutants
BIN := .venv/bin

demo: setup
	$(BIN)/circuitsim demo -o out/demo

test: setup
	@sh .ci/setup.sh test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types suite

# The two at once: types take one core for a minute or two, and tests do not keep two cores busy while they are collected.
types:
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright

suite:
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal

setup:
	@sh .ci/setup.sh

docs: setup
	@sh .ci/setup.sh docs
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/site/build.py out/docs

reproduce: setup
	@sh .ci/setup.sh test
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/circuitsim reproduce --all --workers 2 -o out/studies

bench: setup
	@sh .ci/setup.sh bench
	$(BIN)/pytest -o addopts="-ra --strict-markers -s" tests/benchmark

mutants: setup
	$(BIN)/pip install --quiet -e '.[mutation]'
	$(BIN)/python tests/mutation $(ROOM) --seed $(or $(SEED),1) --count $(or $(COUNT),150)
