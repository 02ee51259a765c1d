# Two commands do everything on a fresh machine: `make start` and `make test`.
# PORT and VIBECRAFT_DATA may be set, so that several can run side by side.

PYTHON := .venv/bin/python
VIBECRAFT_DATA ?= $(CURDIR)/.data
export VIBECRAFT_DATA
PACKAGES := vibecraft accounts songs videos

.PHONY: start stop test test-quick lint format video warm lock clean bench-audio bench-film bench-visualizer bench-plan bench-parallel bench-poll bench-restitch bench-timeline bench-admin bench-film-cost bench-scale samples bench trials trials-short help

help:               ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 20

start:              ## Install what is missing, then run the site until it is interrupted; STANDIN=1 plays the AI models
	@.ci/setup run
	@exec $(PYTHON) manage.py start

# Who runs holds a lock on the file; without one its number may be that of any other process.
stop:               ## End the site that `make start` runs with this VIBECRAFT_DATA
	@file="$(VIBECRAFT_DATA)/run/start.pid"; \
	if [ -s "$$file" ] && ! { command -v flock >/dev/null && flock -n "$$file" true; }; then \
	  pid=$$(cat "$$file"); kill -TERM $$pid 2>/dev/null || true; \
	  for _ in $$(seq 1 300); do kill -0 $$pid 2>/dev/null || break; sleep 0.1; done; echo "VibeCraft is stopped."; \
	else echo "VibeCraft does not run here."; fi

video:              ## Make a film of a song without a browser: make video SONG=my.mp3
	@.ci/setup run
	@test -n "$(SONG)" || { echo "Which song? make video SONG=my.mp3"; exit 2; }
	@$(PYTHON) manage.py make_video "$(SONG)" $(if $(OUT),--output "$(OUT)") $(ARGS)

samples:            ## Three sample films with their songs, into samples/
	@.ci/setup test
	@$(PYTHON) -m bench.samples $(ARGS)

test:               ## Run every test; starts the servers it needs
	@.ci/setup test
	@$(PYTHON) -m vibecraft.testservers

test-quick:         ## Only the tests that need no browser and no worker
	@.ci/setup test
	@$(PYTHON) -m vibecraft.testservers --quick

lint:               ## Style, types, import directions, templates
	@.ci/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy $(PACKAGES)
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py check

format:             ## Rewrite the code in the house style
	@.ci/setup test
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench-audio:        ## The beat tracker on made songs with known beats, against librosa
	@.ci/setup test
	@$(PYTHON) -m bench.audio $(ARGS)

bench-film:         ## Joining a film, against copying bytes, encoding, and MoviePy
	@.ci/setup test
	@$(PYTHON) -m bench.film $(ARGS)

bench-visualizer:   ## Drawing and encoding of every look: time to make against time to play
	@.ci/setup test
	@$(PYTHON) -m bench.visualizer $(ARGS)

bench-plan:         ## Planning the clips of a song: how long it takes, and how much paid footage is thrown away
	@.ci/setup test
	@$(PYTHON) -m bench.plan_speed $(ARGS)
	@$(PYTHON) -m bench.plan_waste $(ARGS)

bench-parallel:     ## Forty clips from a slow service: wall time against a quick one
	@.ci/setup test
	@$(PYTHON) -m bench.parallel $(ARGS)

bench-restitch:     ## Joining a three-minute film again after one clip was changed
	@.ci/setup test
	@$(PYTHON) -m bench.restitch $(ARGS)

bench-timeline:     ## How smooth the timeline is: what each screen frame costs while one zooms, scrolls and drags
	@.ci/setup test
	@$(PYTHON) -m bench.timeline $(ARGS)

bench-poll:         ## A thousand open pages that ask every 3 seconds
	@.ci/setup test
	@$(PYTHON) -m bench.poll $(ARGS)

bench-admin:        ## Every list of the admin and the control room, with 100,000 rows in each large table
	@.ci/setup test
	@$(PYTHON) -m bench.admin $(ARGS)

bench-film-cost:    ## What one film costs: CPU, statements, calls, bytes
	@.ci/setup test
	@$(PYTHON) -m bench.film_cost $(ARGS)

bench-scale:        ## How long work waits at 100, 10,000 and 1,000,000 films a day: a simulation
	@.ci/setup test
	@$(PYTHON) -m bench.scale $(ARGS)

bench: bench-plan bench-film bench-audio bench-visualizer  ## All benchmarks

trials:             ## Break the whole site on purpose, in every way we know; takes an hour or two
	@.ci/setup test
	@$(PYTHON) -m tests.trials $(ARGS)

trials-short:       ## The short forms of those trials that run with the tests; ten minutes
	@.ci/setup test
	@$(PYTHON) -m tests.trials --short

lock:               ## Write the locks from pyproject.toml
	.venv/bin/uv pip compile -q --universal --generate-hashes pyproject.toml -o requirements.txt
	.venv/bin/uv pip compile -q --universal --generate-hashes pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

clean:              ## Remove the environment and all data that lie in this folder
	rm -rf .venv .data
