VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench load format diagram clean
.DEFAULT_GOAL := run

run: $(VENV)/.run
	@$(BIN)/python manage.py run

test: $(VENV)/.dev
	@$(BIN)/python tests/run.py $(ARGS)

bench: $(VENV)/.dev
	@$(BIN)/python -m tests.bench

load: $(VENV)/.dev
	@$(BIN)/python -m tests.load $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/mypy portal dispenses accounts notifications
	$(BIN)/lint-imports
	$(BIN)/python tests/lint_instants.py
	DJANGO_SETTINGS_MODULE=portal.settings.test $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py workflow_diagram --check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

diagram: $(VENV)/.dev
	$(BIN)/python manage.py workflow_diagram

clean:
	rm -rf $(VENV) var

$(VENV)/bin/python:
	@python="$$(.ci/python)" && echo "Création de l'environnement Python…" && "$$python" -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installation des bibliothèques (une seule fois)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installation des bibliothèques et des outils de test (une seule fois)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.run
