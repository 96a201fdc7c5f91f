from importlib.metadata import version

import pytest

import goldens

ADVICE = "if this is meant, say so in CHANGELOG.md and run: make goldens"
RECORD = goldens.recorded_results()


def test_public_signatures_are_those_on_record():
    assert goldens.signatures() == goldens.recorded_signatures(), ADVICE


@pytest.fixture(scope="module")
def results():
    return goldens.results()


@pytest.mark.parametrize("case", sorted(RECORD["results"]))
def test_indexed_pictures_are_those_on_record(results, case):
    assert results[case]["indexed picture"] == RECORD["results"][case]["indexed picture"], ADVICE


@pytest.mark.parametrize("case", sorted(case for case, result in RECORD["results"].items() if "bytes" in result))
def test_bytes_are_those_on_record(results, case):
    if version("deflate") != RECORD["deflate"]:
        pytest.skip(f"bytes were recorded with deflate {RECORD['deflate']}")
    assert results[case]["bytes"] == RECORD["results"][case]["bytes"], ADVICE


def test_every_case_is_on_record(results):
    assert sorted(results) == sorted(RECORD["results"])
