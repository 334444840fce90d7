# Every command sets up first what is missing (Python 3.11 is all it needs), so there is no install step.
.DEFAULT_GOAL := help
.PHONY: help demo test quick mutants histories start bench screenshots check format lock licenses set-up

PYTHON_IN_VENV := .venv/bin/python
BIN := .venv/bin
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-annotate
# All rooms but those that .funcignore keeps at home, so that no new one is forgotten.
DEPLOYED := $(filter-out build/ data/ docs/ infra/ local/ tests/ __pycache__/, $(wildcard */)) $(wildcard *.py)
LOCK_FLAGS := $(if $(UPGRADE),--upgrade)

# Compiled modules are kept, whatever the shell says: each process of a stack would compile the SDKs anew.
unexport PYTHONDONTWRITEBYTECODE

# The tests of one file stay together, since they share a stack. The files begin in the order of tests/conftest.py, not
# those with most tests first: they are the short ones. With ARGS="-n 0" everything runs in one process.
# How many processes `auto` is says tests/conftest.py; the quick tests keep as many processors busy as there are.
SIDE_BY_SIDE := --maxprocesses 6 --dist loadfile --no-loadscope-reorder

QUICK := $(wildcard $(addprefix tests/,lifecycle rows orchestrators histories activities triggers))

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up ## Run the main job once, end to end, and check it in the stand-in tenant
	@$(PYTHON_IN_VENV) -m local demo

test: set-up ## Run every test (ARGS="-k delay" passes arguments to pytest)
	@$(PYTHON_IN_VENV) -m pytest --numprocesses auto $(SIDE_BY_SIDE) $(ARGS)

quick: set-up ## Run the tests of rules, flows, activities and triggers, without a stack
	@$(PYTHON_IN_VENV) -m pytest --numprocesses logical $(SIDE_BY_SIDE) $(QUICK) $(ARGS)

mutants: set-up ## Change the code here and there, and list what no test notices (ARGS="lifecycle --sample 200")
	@nice -n 15 $(PYTHON_IN_VENV) -m tests.mutants $(ARGS)

histories: set-up ## Record every play of the flows again (tests/histories), and docs/stages.md from them
	@$(PYTHON_IN_VENV) -m tests.histories.record

start: set-up ## Run the whole stack until Ctrl-C: host 7071, Okta stand-in 7080, tenant stand-in 7081, tables 10002
	@$(PYTHON_IN_VENV) -m local start

# Every finding of bandit counts in what is deployed. In what runs on a maintainer's machine only, those from medium on do
# (the low ones: it starts processes and has the stand-ins' tokens in it), but for B608, SQL made of texts: the task hub's
# is made of its own constants, and every value is bound.
bench: set-up ## Measure the answer to Okta and a flood of removals (PEOPLE=5000): a table, and build/bench.json
	@$(PYTHON_IN_VENV) -m local bench $(if $(PEOPLE),--people $(PEOPLE))

screenshots: set-up ## Take pictures of the pages of a made-up company: build/pictures, and the two in the README
	@$(PYTHON_IN_VENV) -m local screenshots

check: set-up ## Check format, lint, types, import rules and known security faults
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --recursive $(DEPLOYED)
	@$(BIN)/bandit --quiet --recursive --severity-level medium --skip B608 local

format: set-up ## Format the code and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: set-up ## Compile pyproject.toml and the package.json of Azurite and axe-core into pins (UPGRADE=1: newest of everything indirect)
	@$(COMPILE) $(LOCK_FLAGS) pyproject.toml -o requirements.txt
	@$(COMPILE) $(LOCK_FLAGS) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	@$(PYTHON_IN_VENV) -m local.setup.lock

licenses: set-up ## List the licenses of all deployed packages in docs/licenses.md
	@$(PYTHON_IN_VENV) -m local.setup.licenses

set-up:
	@sh local/setup/with_python311.sh
