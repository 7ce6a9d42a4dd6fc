# Self-explaining: `make` lists the targets. PY is the project's own environment; nothing is installed outside it.
.DEFAULT_GOAL := help
PY := .venv/bin/python
SEED ?= 1
.PHONY: help setup kafka-jars check format test gates generate demo chaos chaos-gateway bench bench-gateway fuzz clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/.done ## the Python environment, from the hashed lock
.venv/.done: requirements/dev.lock pyproject.toml
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

kafka-jars: var/kafka/libs/.done ## Apache Kafka from jars (needs Java 17 and Maven)
var/kafka/libs/.done: deploy/kafka/pom.xml .venv/.done
	.venv/bin/tuodi kafka jars
	touch $@

format: setup ## format and sort imports
	.venv/bin/ruff format -q . && .venv/bin/ruff check -q --fix .

check: setup ## what a change must pass before anything runs: format, lint, types, import rules, generated files
	.venv/bin/ruff format --check -q .
	.venv/bin/ruff check -q .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m schemas.generate --check
	$(PY) -m workers.replay.document --check
	$(PY) -m workers.gates.clauses --check
	TUODI_DEV_KEYS=1 $(PY) -m workers.gates.impact --check

test: check kafka-jars ## everything that must be green, with a real Kafka (≤ 12 minutes on two cores)
	.venv/bin/pytest -q --numprocesses 2 --dist loadgroup

gates: setup ## what a change of the law must pass, at length: every figure guarded, thousands of random people
	.venv/bin/tuodi gates
	TUODI_GATE_PEOPLE=150 TUODI_GATE_EXAMPLES=300 .venv/bin/pytest -q --timeout 600 tests/unit/gates tests/cases

generate: setup ## write schemas/generated and the generated docs
	$(PY) -m schemas.generate
	$(PY) -m workers.replay.document
	$(PY) -m workers.gates.clauses
	TUODI_DEV_KEYS=1 $(PY) -m workers.gates.impact

demo: setup ## a county year on a real Kafka, one decision explained, the audit
	.venv/bin/tuodi demo

chaos: setup kafka-jars ## kill -9 and worse on the real broker, then the audit: make chaos SEED=3
	$(PY) -m tests.chaos --seed $(SEED)

chaos-gateway: setup kafka-jars ## the hospital window under kill -9: each bill decided once, told the same: SEED=3
	$(PY) -m tests.chaos.gateway_run --seed $(SEED)

bench: setup kafka-jars ## ratios side by side; fails when a goal is missed
	$(PY) -m bench
	$(PY) -m bench.whatif
	$(PY) -m bench.lists

bench-gateway: setup kafka-jars ## trial and settle at the hospital window, beside the broker's own commit
	$(PY) -m bench.gateway

fuzz: setup ## five minutes of damaged platform messages: event or typed refusal, nothing else
	$(PY) -m bench.fuzz --minutes 5 --seed $(SEED)

clean: ## remove what was built and run here
	rm -rf .venv var build .mypy_cache .ruff_cache .pytest_cache .hypothesis
