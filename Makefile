# The targets are explained in README.md.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m benchmark
# Two-threaded torch beside other processes is many times slower than one thread each.
export OMP_NUM_THREADS = 1

# "make bench TASK=... N=..." becomes "--task ... --n ..."; what is not given keeps its default.
option = $(if $($(1)),--$(2) "$($(1))")
SELECTION = $(call option,TASK,task) $(call option,BACKBONE,backbone) $(call option,ARMS,arms) \
	$(call option,N,n) $(call option,SEEDS,seeds) $(call option,IMAGE_SIZE,image-size) \
	$(call option,MARGIN,margin) $(call option,JOBS,jobs) $(call option,RECORDS,records) \
	$(call option,EXECUTOR,executor) $(call option,PRETRAINED_ON,pretrained-on) $(if $(ADAPT),--adapt)

.PHONY: bench advise explain task backbones test test-slow test-faults lint leaderboard site audit tune saturation validate calibrate perf check-contribution setup help

help: ## Show the targets.
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST)

bench: setup ## Run the benchmark; TASK, BACKBONE, ARMS, N, SEEDS, IMAGE_SIZE, MARGIN, JOBS select; ADAPT=1, MINUTES, EXECUTOR=ray, SHARD=i/k, DRY_RUN=1.
	@$(RUN) bench $(SELECTION) $(call option,MINUTES,minutes) $(call option,SHARD,shard) \
		$(if $(DRY_RUN),--dry-run)

explain: setup ## Measure why pretraining helps, or does not; TASK, BACKBONE, N, SEEDS, IMAGE_SIZE, JOBS, OUT; DRY_RUN=1.
	@$(RUN) explain $(call option,TASK,task) $(call option,BACKBONE,backbone) $(call option,N,n) \
		$(call option,SEEDS,seeds) $(call option,IMAGE_SIZE,image-size) $(call option,JOBS,jobs) \
		$(call option,OUT,out) $(if $(DRY_RUN),--dry-run)

advise: setup ## From IMAGES to advice within MINUTES; NAME, BACKBONE, SAVE_MODEL, JSON=1, as task besides.
	@$(RUN) advise "$(IMAGES)" $(call option,NAME,name) $(call option,MINUTES,minutes) \
		$(call option,BACKBONE,backbone) $(call option,SAVE_MODEL,save-model) $(call option,LABEL,label) \
		$(call option,IMAGE_COLUMN,image-column) $(call option,LABEL_COLUMN,label-column) \
		$(call option,MARGIN,margin) $(call option,JOBS,jobs) $(call option,RECORDS,records) \
		$(if $(FORCE),--force) $(if $(JSON),--json)

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
	@$(RUN) leaderboard $(call option,RECORDS,records) $(call option,OUT,out) $(call option,MARGIN,margin) \
		$(if $(SNAPSHOT),--snapshot)

site: setup ## Make the leaderboard as one HTML page that needs no network; RECORDS, OUT select.
	@$(RUN) site $(call option,RECORDS,records) $(call option,OUT,out) $(call option,MARGIN,margin)

audit: setup ## Run deciding cells again with other recipes: the fairness certificate; ADAPT=1, DRY_RUN=1.
	@$(RUN) audit $(SELECTION) $(if $(DRY_RUN),--dry-run)

tune: setup ## Choose settings on the development tasks' training images; BACKBONE, ARMS select.
	@$(RUN) tune $(call option,BACKBONE,backbone) $(call option,ARMS,arms) $(call option,JOBS,jobs)

task: setup ## Look at images and write their task; IMAGES, NAME; LABEL, IMAGE_COLUMN, LABEL_COLUMN, FORCE=1.
	@$(RUN) task "$(IMAGES)" --name "$(NAME)" $(call option,LABEL,label) \
		$(call option,IMAGE_COLUMN,image-column) $(call option,LABEL_COLUMN,label-column) \
		$(call option,JOBS,jobs) $(if $(FORCE),--force)

backbones: setup ## List the backbones that can be used here without a download; FOLDER, IMAGE_SIZE select.
	@$(RUN) backbones $(call option,FOLDER,folder) $(call option,IMAGE_SIZE,image-size)

validate: setup ## Check every task YAML and its data; DOWNLOAD=1 fetches data from elsewhere; TASK, LISTS select.
	@$(RUN) validate $(call option,TASK,task) $(call option,LISTS,lists) $(if $(DOWNLOAD),--download)

saturation: setup ## Show whether budgets are large enough; TASK, BACKBONE, SEEDS, MARGIN select.
	@$(RUN) saturation $(call option,TASK,task) $(call option,BACKBONE,backbone) \
		$(call option,SEEDS,seeds) $(call option,JOBS,jobs) $(call option,MARGIN,margin)

perf: setup ## Measure the suite against a bare training loop; JOBS, OUT, TIMM_SCRIPT.
	@$(RUN) perf $(call option,JOBS,jobs) $(call option,OUT,out) \
		$(call option,TIMM_SCRIPT,timm-script)

check-contribution: setup ## Check every record; RETRAIN=k trains k again; RECORDS, DRAW, BACKBONE, JOBS.
	@$(RUN) check-contribution $(call option,RECORDS,records) $(call option,RETRAIN,retrain) \
		$(call option,DRAW,draw) $(call option,BACKBONE,backbone) $(call option,JOBS,jobs)

calibrate: setup ## Check intervals and verdicts on simulated sweeps; SWEEPS, JOBS, OUT select.
	@$(RUN) calibrate $(call option,SWEEPS,sweeps) $(call option,JOBS,jobs) $(call option,OUT,out)

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@
