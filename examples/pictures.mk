# A recipe for a Makefile: each picture in pictures/ becomes a small one in build/, when it changed.
.PHONY: all check
SMALL := $(patsubst pictures/%,build/%,$(wildcard pictures/*.png))

all: $(SMALL)

build/%.png: pictures/%.png
	@mkdir -p build
	huepress $< -o $@ --force --quiet

check:
	huepress check pictures --max-saving 10%
