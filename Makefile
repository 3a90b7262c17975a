# wirecopy: `make` lists what there is.  Needs Python 3.11 or newer; everything else goes into .venv and var.

PYTHON ?= python3
PORT ?= 8080
TESTS ?=
FAST := tests/text tests/fingerprint tests/extract tests/read tests/decide/test_election.py tests/decide/test_revisions.py tests/test_wheel.py
BIN := .venv/bin
COMPILE := --compile-bytecode

unexport PYTHONDONTWRITEBYTECODE  # without .pyc files every start of Airflow takes three seconds longer

.DEFAULT_GOAL := help
.PHONY: help run up env test test-python e2e soak check format pins contract pictures bench bench-quick profile clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/run ## take the sample corpus in through its Airflow DAG, into var/corpus.db
	@$(BIN)/python dags/local.py run ingest_seeds
	@echo
	@echo "next:  $(BIN)/wirecopy report        the last run that changed the store"
	@echo "       $(BIN)/wirecopy explain ID    why an article stands, or what stands for it"
	@echo "       make up                       Airflow with its pages"

up: .venv/run ## start Airflow with its pages on 127.0.0.1, until Ctrl-C
	@$(BIN)/python dags/local.py up --port $(PORT)

env: .env ## write .env with random secrets, for docker compose
.env:
	@umask 077; $(PYTHON) -c 'import base64, secrets; \
	  names = "POSTGRES_PASSWORD AIRFLOW_DB_PASSWORD WIRECOPY_DB_PASSWORD PAGES_DB_PASSWORD AIRFLOW_ADMIN_PASSWORD AIRFLOW_SECRET_KEY AIRFLOW_JWT_SECRET"; \
	  print(*(f"{name}={secrets.token_hex(32)}" for name in names.split()), sep="\n"); \
	  print("AIRFLOW_FERNET_KEY=" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())' >$@
	@echo "wrote .env; AIRFLOW_ADMIN_PASSWORD in it is the password of the user admin"

test: .venv/dev ## run the tests, but for the slow ones of make e2e
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m 'not e2e' $(TESTS)

test-python: .venv/uv ## run the fast tests on another Python: PYTHON=python3.13
	@version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])') && home=var/python-$$version && \
	  echo "the fast tests on Python $$version, in $$home" && $(PYTHON) -m venv $$home && \
	  $(BIN)/uv pip install -q --python $$home/bin/python -c constraints.txt -e '.[postgres,report,dev]' && \
	  $$home/bin/python -c 'from etl.prepare import shards; shards.warm()' && \
	  $$home/bin/python -m pytest -q -n 2 --dist loadfile -k 'not postgresql' -o cache_dir=$$home/.pytest_cache $(FAST)

e2e: .venv/dev ## run the slow tests: Airflow's real processes, a browser, builds on Spark
	@.ci/install-debian chromium redis-server || echo 'the tests that need what is missing are skipped'
	@$(BIN)/python -m pytest -q -m e2e $(TESTS)

soak: .venv/dev ## live through 2,000 days, and kill runs 200 times, on each database, for some half an hour
	@WIRECOPY_SOAK=1 $(BIN)/python -m pytest -q -s tests/pipeline/test_soak.py tests/pipeline/test_years.py

check: .venv/dev ## lint, formatting, types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: .venv/dev ## put the code into its form
	@$(BIN)/ruff format

pins: .venv/uv ## bring constraints.txt up to what pyproject.toml asks for
	@cp constraints.txt .venv/pins && echo uv | $(BIN)/uv pip compile -q --no-annotate --no-header --all-extras \
	    -c .venv/pins pyproject.toml - > constraints.txt || { cp .venv/pins constraints.txt; exit 1; }

contract: .venv/dev ## write down the contract of the views (data dictionary, dbt sources, what was promised), and the tables
	@$(BIN)/python -m schemas.write_contract
	@$(BIN)/python -m etl.store.new_store

pictures: .venv/dev ## take the pictures of the docs; it needs chromium
	@$(BIN)/python -m tests.pages.pictures

bench: .venv/bench ## measure everything beside peers, in some twenty minutes; BENCH='--only STEP …' for less
	@$(BIN)/python -m benchmarks $(BENCH)

bench-quick: .venv/bench ## measure wirecopy alone on small corpora, in three minutes
	@$(BIN)/python -m benchmarks --quick $(BENCH)

profile: .venv/bench ## write flame graphs of each stage into var/profile
	@$(BIN)/python -m benchmarks --only profile $(BENCH)

clean: ## remove what was made, the stores in var included
	rm -rf .venv var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/run: EXTRAS := airflow,postgres
.venv/dev: EXTRAS := airflow,postgres,celery,s3,report,server,lineage,spark,dev,e2e
.venv/bench: EXTRAS := airflow,postgres,spark,bench

.venv/run .venv/dev .venv/bench: constraints.txt pyproject.toml | .venv/uv
	@echo "installing ($(EXTRAS)) …"
	@$(BIN)/uv pip install -q --python $(BIN)/python $(COMPILE) -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

.venv/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wirecopy needs Python 3.11 or newer: make PYTHON=…")'
	@echo "making .venv …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt uv
	@touch $@
