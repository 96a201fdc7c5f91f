import click
import pytest

from huepress.commands.options import PROCESSORS, QUALITY, parse_bytes, parse_colors, parse_ks, parse_pixels
from runner import run


@pytest.mark.parametrize(
    ("text", "ks"),
    [
        ("16", (16,)),
        ("10,20", (10, 20)),
        (" 3 , 4", (3, 4)),
        ("2-5", (2, 3, 4, 5)),
        ("1,250-252,9", (1, 250, 251, 252, 9)),
    ],
)
def test_ks(text, ks):
    assert parse_ks(text) == ks


@pytest.mark.parametrize("text", ["", "x", "0", "257", "-3", "2.5", "1,,2", "250-300", "1-2-3", "1e2", "9" * 30])
def test_no_ks(text):
    with pytest.raises(ValueError, match="1 to 256, or a range such as 2-8"):
        parse_ks(text)


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["a.png", "--palette", ""], "--palette"),
        (["a.png", "--scheduler="], "--scheduler"),
        (["palette", "a.png", "--scheduler", ""], "--scheduler"),
        (["palette", "a.png", "-o", ""], "--output"),
        (["elbow", "a.png", "--output="], "--output"),
        (["compare", "a.png", "a.png", "-o", ""], "--output"),
        (["report", "a.png", "-o", ""], "--output"),
        (["serve", "--host", ""], "--host"),  # it would listen everywhere, at an address that nobody can open
        (["serve", "--token="], "--token"),
    ],
)
def test_an_option_that_names_nothing_is_refused(arguments, option):
    done = run(*arguments)
    assert done.exit_code == 4
    assert f"'{option}': must not be empty" in done.stderr


def test_a_range_goes_up():
    with pytest.raises(ValueError, match="a range of k goes up, as 2-8, not '5-2'"):
        parse_ks("5-2")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("40000", 40_000),
        ("100kB", 100_000),
        ("100KB", 100_000),
        ("100k", 100_000),
        ("1.5 MB", 1_500_000),
        ("2GB", 2_000_000_000),
        ("64KiB", 65_536),
        ("0.5MiB", 524_288),
        ("1.001kB", 1001),  # 1000.999... in floating point
        ("7B", 7),
    ],
)
def test_bytes(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "0", "0.1", "-5", "kB", "1 pound", "1e3", "nan", "1iB", "5TB"])
def test_no_bytes(text):
    with pytest.raises(ValueError, match="a size is like"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "pixels"), [("100MP", 10**8), ("2.5M", 2_500_000), ("10k", 10_000), ("7", 7), ("3px", 3)]
)
def test_pixels(text, pixels):
    assert parse_pixels(text) == pixels


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1e9", "inf"])
def test_no_pixels(text):
    with pytest.raises(ValueError, match="a number of pixels is like"):
        parse_pixels(text)


def test_colors():
    assert parse_colors("#d40000, white,rgb(1, 2, 3)") == ["#d40000", "white", "rgb(1, 2, 3)"]


@pytest.mark.parametrize("text", ["", "red,", "reddish", "red;blue"])
def test_no_colors(text):
    with pytest.raises(ValueError, match="is no colour"):
        parse_colors(text)


def test_numbers():
    assert PROCESSORS.convert("8", None, None) == 8
    assert QUALITY.convert("-7.5", None, None) == -7.5


@pytest.mark.parametrize(
    ("option", "text", "sentence"),
    [
        (PROCESSORS, "0", "must be a whole number from 1 to 1024, not '0'"),
        (PROCESSORS, "1.5", "must be a whole number from 1 to 1024, not '1.5'"),
        (QUALITY, "60-80", "must be a number from -1000 to 100, not '60-80'"),
        (QUALITY, "nan", "must be a number from -1000 to 100, not 'nan'"),
    ],
)
def test_no_numbers(option, text, sentence):
    with pytest.raises(click.BadParameter, match=sentence):
        option.convert(text, None, None)
