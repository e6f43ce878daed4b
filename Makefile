# The targets are explained in README.md.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m benchmark
# Two-threaded torch beside other processes is many times slower than one thread each.
export OMP_NUM_THREADS = 1

# "make bench TASK=... DRY_RUN=1" becomes "bench --task ... --dry-run": commands know what they take, and
# refuse the rest. Only make's own command line counts: NAME, say, may be in anybody's environment.
SWITCHES := ADAPT DOWNLOAD DRY_RUN FORCE JSON SNAPSHOT
GIVEN := $(sort $(foreach v,$(.VARIABLES),$(if $(filter command,$(origin $(v))),$(v))))
dashed = --$(shell printf %s '$(1)' | tr A-Z_ a-z-)
switch = $(if $(filter-out 0 no,$($(1))),$(call dashed,$(1)))
option = $(if $($(1)),$(call dashed,$(1)) "$($(1))")
OPTIONS = $(foreach v,$(filter-out PYTHON VENV IMAGES KILLS,$(GIVEN)),$(call $(if $(filter $(v),$(SWITCHES)),switch,option),$(v)))
$(foreach v,TASK BACKBONE ARMS SEEDS IMAGES,$(if $(filter environment,$(origin $(v))),$(warning $(v) of the environment is not taken: write it behind make)))

.PHONY: bench advise explain task backbones test test-slow test-faults lint leaderboard site audit tune saturation validate calibrate perf check-contribution setup help

help: ## Show the targets.
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST)

bench: setup ## Run the benchmark; TASK, BACKBONE, ARMS, N, SEEDS, IMAGE_SIZE, MARGIN, JOBS select; ADAPT=1, MINUTES, EXECUTOR=ray, SHARD=i/k, DRY_RUN=1.
	@$(RUN) bench $(OPTIONS)

explain: setup ## Measure why pretraining helps, or does not; TASK, BACKBONE, N, SEEDS, IMAGE_SIZE, JOBS, OUT; DRY_RUN=1.
	@$(RUN) explain $(OPTIONS)

advise: setup ## From IMAGES to advice within MINUTES; NAME, BACKBONE, SAVE_MODEL, JSON=1, as task besides.
	@$(RUN) advise "$(IMAGES)" $(OPTIONS)

test: setup ## Run the tests that take no more than four minutes.
	@$(VENV)/bin/python -m pytest -n 2 --dist worksteal -m "not slow"

test-slow: setup ## Run the others: commands from end to end, many trainings, a browser, real data.
	@$(VENV)/bin/python -m pytest -n 2 --dist worksteal -m slow

test-faults: setup ## Try what can go wrong, often, and write results/reliability.md; KILLS limits how often.
	@RELIABILITY="$(or $(OUT),results/reliability.md)" KILLS="$(KILLS)" $(VENV)/bin/python -m pytest tests/faults tests/harness/executors/test_ray.py

lint: setup ## Check style, types and the direction of imports.
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

leaderboard: setup ## Rebuild results/ from the stored records; SNAPSHOT=1 keeps a dated copy of the table.
	@$(RUN) leaderboard $(OPTIONS)

site: setup ## Make the leaderboard as one HTML page that needs no network; RECORDS, OUT select.
	@$(RUN) site $(OPTIONS)

audit: setup ## Run deciding cells again with other recipes: the fairness certificate; ADAPT=1, DRY_RUN=1.
	@$(RUN) audit $(OPTIONS)

tune: setup ## Choose settings on the development tasks' training images; BACKBONE, ARMS select.
	@$(RUN) tune $(OPTIONS)

task: setup ## Look at images and write their task; IMAGES, NAME; LABEL, IMAGE_COLUMN, LABEL_COLUMN, GROUP_COLUMN, FORCE=1.
	@$(RUN) task "$(IMAGES)" $(OPTIONS)

backbones: setup ## List the backbones that can be used here without a download; FOLDER, IMAGE_SIZE select.
	@$(RUN) backbones $(OPTIONS)

validate: setup ## Check every task YAML and its data; DOWNLOAD=1 fetches data from elsewhere; TASK, LISTS select.
	@$(RUN) validate $(OPTIONS)

saturation: setup ## Show whether budgets are large enough; TASK, BACKBONE, SEEDS, MARGIN select.
	@$(RUN) saturation $(OPTIONS)

perf: setup ## Measure the suite against a bare training loop; BACKBONE, JOBS, OUT, TIMM_SCRIPT.
	@$(RUN) perf $(OPTIONS)

check-contribution: setup ## Check every record; RETRAIN=k trains k again; RECORDS, DRAW, BACKBONE, JOBS.
	@$(RUN) check-contribution $(OPTIONS)

calibrate: setup ## Check intervals and verdicts on simulated sweeps; SWEEPS, JOBS, OUT select.
	@$(RUN) calibrate $(OPTIONS)

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@
