# `make` prints the targets. Without make: sh scripts/demo.sh, sh scripts/test.sh.
# PYTHON=... chooses the interpreter for .venv, CXX=... the compiler.
.DEFAULT_GOAL := help
.PHONY: help demo test test-page build docs figures notebook cluster goldens sanitize sanitize-threads fuzz fuzz-kernel mutate wheel clean

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## set up, then press a real photograph to 10 and 20 colours into demo-output/
	@sh scripts/demo.sh

test: ## set up, then run all checks: style, types, C++ warnings, tests
	@sh scripts/test.sh

test-page: ## the local page and animations in a browser (Debian's Chromium, installed if missing), axe-core, Schemathesis
	@sh scripts/test-page.sh

build: ## set up for development; run it again after a change of C++ files
	@sh scripts/setup.sh test

docs: ## build the documentation site into site/; warnings are errors
	@sh scripts/setup.sh docs
	@.venv/bin/sphinx-build --quiet --fail-on-warning --keep-going -b html docs site
	@echo site/index.html

figures: ## draw the figures of the documentation again
	@sh scripts/setup.sh docs
	@.venv/bin/python docs/make_figures.py

notebook: ## run the teaching notebook and keep its outputs in it
	@sh scripts/setup.sh test
	@cd notebooks && ../.venv/bin/jupyter execute --inplace k-means.ipynb

cluster: ## the tests on a Dask cluster of processes, and against S3, served on loopback
	@sh scripts/setup.sh test
	@.venv/bin/pip install --quiet "moto[server]>=5" "s3fs>=2024.2"
	@.venv/bin/pytest tests/test_dask.py tests/test_s3.py

sanitize: ## the kernel's tests under AddressSanitizer and UndefinedBehaviorSanitizer (Linux, gcc)
	@sh scripts/sanitize.sh

sanitize-threads: ## the same tests under ThreadSanitizer
	@sh scripts/sanitize.sh thread

goldens: ## record public signatures and results anew, after CHANGELOG.md tells of the change
	@sh scripts/setup.sh test
	@.venv/bin/python tests/goldens.py

mutate: ## mutation testing of mapping, encoding and palette: the score and the survivors
	@sh scripts/mutate.sh

wheel: ## build and audit the wheel as a release does, and test it in each Python that is here (Linux)
	@sh scripts/wheel.sh

fuzz: ## fuzz the way from reader to writer for ten minutes (Linux)
	@sh scripts/setup.sh test
	@.venv/bin/pip install --quiet --requirement fuzz/requirements.txt
	@.venv/bin/python fuzz/reader_to_writer.py 600

fuzz-kernel: ## fuzz the kernel under AddressSanitizer for ten minutes (Linux, clang)
	@sh scripts/fuzz-kernel.sh 600

clean: ## remove all that was made: .venv, build, demo-output, caches
	rm -rf .venv .venv-sanitize .venv-fuzz build dist site demo-output docs/_build
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf notebooks/k-means-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
