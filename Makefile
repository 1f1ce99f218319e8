# `make help` lists the targets. Everything runs in .venv; the first target that needs it
# makes it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
STAMP_DEV := $(VENV)/installed-dev
STAMP_BENCH := $(VENV)/installed-bench
BASE_URL ?= http://127.0.0.1:$(or $(PORT),8000)
SEEDS ?= 2000
ROUNDS ?= 60
WORKERS ?= 3

# Python keeps what it has compiled, whatever the caller's environment says. Otherwise each of
# the many processes of a run or a test compiles every module that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What runs the system, what tests need as well, and what benchmarks compare it with: each is
# installed by the first target that needs it. The locks name every package, so pip resolves
# nothing. Modules are compiled when they are first used.
LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --excludes requirements-excludes.in
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=...)"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { echo "Python's venv with pip is needed (Debian: apt-get install python3-venv)"; exit 1; }
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-build-isolation --editable .
	@touch $@

$(STAMP_DEV): $(STAMP) requirements-dev.txt
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

$(STAMP_BENCH): $(STAMP_DEV) requirements-bench.txt
	$(PIP) --require-hashes -r requirements-bench.txt
	@touch $@

.PHONY: install
install: $(STAMP) ## make the environment with what the system needs to run

.PHONY: install-dev
install-dev: $(STAMP_DEV) ## add what tests, checks and generated documents need

.PHONY: run
run: $(STAMP) ## run the whole system in the foreground (PORT, PRACTIX_DATA)
	@exec $(BIN)/practix run

.PHONY: demo
demo: $(STAMP) ## replay FILE=... against a running system, then verify (BASE_URL)
	@test -n "$(FILE)" || { echo "which file? make demo FILE=demo/evening_rush.jsonl"; exit 1; }
	@$(BIN)/practix demo "$(FILE)" --base-url $(BASE_URL)

.PHONY: verify
verify: $(STAMP) ## fold the journal again and compare with the tables (BASE_URL)
	@$(BIN)/practix verify --base-url $(BASE_URL)

.PHONY: check
check: $(STAMP_DEV) ## check format, lint, types, tidy rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/tidy

.PHONY: test
test: $(STAMP_DEV) ## run every test, on real servers that it starts itself
	$(BIN)/pytest --ignore tests/compose -n $(WORKERS) --dist loadfile

.PHONY: test-docker
test-docker: $(STAMP_DEV) ## run the tests that need servers, on containers (KAFKA_IMAGE, POSTGRES_IMAGE, ...)
	@images="$$($(BIN)/python -m tests.compose.images --missing)" && \
	env $$images PRACTIX_TEST_SERVERS=docker $(BIN)/pytest tests/contract tests/integration tests/compose/test_containers.py

.PHONY: test-compose
test-compose: $(STAMP_DEV) ## test the compose file in a Docker engine, with stand-in images (BASE_IMAGE)
	$(BIN)/pytest tests/compose

.PHONY: up
up: ## run the whole system in containers; wait until it is healthy (PORT, COMPOSE_PROFILES)
	@$(PYTHON) deploy/up.py

.PHONY: roll
roll: ## replace the processes of a running system one by one; no request is lost
	@$(PYTHON) deploy/up.py --roll

.PHONY: release
release: ## make the tag of VERSION=1.2.0, if code and changelog say so and all is committed
	@$(PYTHON) deploy/release.py "$(VERSION)"

.PHONY: down
down: ## stop the containers; volumes stay
	@docker compose --profile "*" down

.PHONY: test-unit
test-unit: $(STAMP_DEV) ## run the tests that need no server
	$(BIN)/pytest tests/tidy tests/unit tests/simulation/test_protocol.py

.PHONY: coverage
coverage: $(STAMP_DEV) ## list modules with lines or branches that TESTS do not run (default: test-unit)
	$(BIN)/coverage run -m pytest -q $(or $(TESTS),tests/tidy tests/unit tests/simulation/test_protocol.py)
	@$(BIN)/coverage report

.PHONY: attack
attack: $(STAMP_DEV) ## attack a running system (BASE_URL, PRACTIX_OPERATOR_TOKEN) or its own
	$(BIN)/pytest tests/attack

.PHONY: security
security: $(STAMP_DEV) ## ask every route as everybody and renew the table of docs/security.md
	@$(BIN)/python -m tests.attack.roles

.PHONY: fuzz
fuzz: $(STAMP_DEV) ## send CASES=n requests made from the API document to an embedded system; SEED=n repeats
	FUZZ_CASES=$(or $(CASES),5000) FUZZ_SEED=$(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')) $(BIN)/pytest -s tests/e2e/test_api_document.py

.PHONY: personal-data
personal-data: $(STAMP_DEV) ## renew the inventory in docs/personal-data.md
	$(BIN)/python -m launcher.inventory.page

.PHONY: models
models: $(STAMP_DEV) ## renew docs/models.md: events and tables
	$(BIN)/python -m launcher.documents.models

.PHONY: asyncapi
asyncapi: $(STAMP_DEV) ## renew docs/asyncapi.json: the journal as a schema
	$(BIN)/python -m launcher.documents.asyncapi

.PHONY: openapi
openapi: $(STAMP_DEV) ## renew the API document that the compose file's gateway serves
	$(BIN)/python -m launcher.openapi >deploy/gateway/openapi.json.new && mv deploy/gateway/openapi.json.new deploy/gateway/openapi.json

.PHONY: simulate
simulate: $(STAMP_DEV) ## run SEEDS=n seeded simulations; SEED=n replays one
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

.PHONY: torture
torture: $(STAMP_DEV) ## inflict ROUNDS=n faults on a cell of real processes and servers; SEED=n repeats them
	@$(BIN)/python -m tests.torture --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

.PHONY: screenshots
screenshots: $(STAMP_DEV) ## renew the pictures of the site in the README
	PRACTIX_TEST_SCREENSHOTS=docs/screenshots $(BIN)/pytest -q tests/e2e/browser/test_site_pages.py -k pictures

.PHONY: planted-bugs
planted-bugs: $(STAMP_DEV) ## print the planted bugs and the seeds that find them
	@$(BIN)/python -m tests.simulation.planted

.PHONY: bench
bench: $(STAMP_BENCH) ## measure everything in turn against baselines and goals (ONLY=writes,reads.streams; QUICK=1)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick) $(if $(KEEP),--keep)

.PHONY: soak
soak: $(STAMP_BENCH) ## keep a system at half of its load for MINUTES=30 and say whether it stays flat
	@$(BIN)/python -m benchmarks.system.soak $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: flamegraph
flamegraph: $(STAMP_BENCH) ## draw docs/plots/leader.svg: where the leader's time goes (JOURNAL=sqlite, kafka)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.system.flamegraph $(if $(JOURNAL),--journal $(JOURNAL))

.PHONY: format
format: $(STAMP_DEV) ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lock
lock: $(STAMP_DEV) ## renew requirements*.txt from requirements*.in
	$(LOCK) requirements-services.in -o requirements-services.txt
	$(LOCK) requirements-services.in requirements-query.in -c requirements-services.txt -o requirements-query.txt
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-bench.in -o requirements-bench.txt
