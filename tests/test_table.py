import io
import re
from math import inf

import pytest
from rich.cells import cell_len

from huepress.quality import Scores
from huepress.result_row import HEADINGS, Row
from huepress.table import plain, show


def row(file="a.png", original=1000, size=500, **scores):
    values = {"mse": 1.5, "psnr": 46.37, "ssim": 0.9876, "ssimulacra2": 81.26, "colors": 16} | scores
    return Row(file, original, Scores(**values, delta_e=1, delta_e_95=2, bytes=size), 0.125)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_cells_follow_the_headings():
    assert dict(zip(HEADINGS, row().cells(), strict=True)) == {
        "file": "a.png",
        "colours": "16",
        "bytes": "500",
        "ratio": "2.00",
        "MSE": "1.50",
        "PSNR dB": "46.37",
        "SSIM": "0.9876",
        "SSIMULACRA2": "81.3",
        "time": "0.12 s",
    }


@pytest.mark.parametrize(
    ("changed", "heading", "text"),
    [
        (row(psnr=inf), "PSNR dB", "exact"),
        (row(size=2000), "ratio", "0.50 larger"),
        (row(size=1000), "ratio", "1.00"),
        (row(original=None), "ratio", ""),
        (row(size=1234567), "bytes", "1,234,567"),
        (row(file="a\n\x1b[31mb.png"), "file", "a\\n\\x1b[31mb.png"),
    ],
)
def test_a_cell(changed, heading, text):
    assert changed.cells()[HEADINGS.index(heading)] == text


def test_plain_lines_are_aligned():
    lines = plain(HEADINGS, [row().cells(), row("longer-name.png", size=12345).cells()])
    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert all(line.endswith(("time", " s")) for line in lines)


@pytest.mark.parametrize("name", ["写真.png", "e\u0301te\u0301.png", "ｆ.png", "été.png", "사진.png"])
def test_plain_lines_are_aligned_beside_names_of_wide_letters_and_marks(name):
    lines = plain(HEADINGS, [row(name).cells(), row("longer-name.png").cells()])
    assert {cell_len(line) for line in lines} == {len(lines[0])}


def test_plain_text_goes_to_what_is_no_terminal():
    stream = io.StringIO()
    show(HEADINGS, [row().cells()], stream, "a title")
    assert stream.getvalue().splitlines() == ["a title", *plain(HEADINGS, [row().cells()])]


def test_a_terminal_gets_a_rich_table(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    show(HEADINGS, [row("[bold]x.png").cells()], stream, "a [title]")
    assert "[bold]x.png" in stream.getvalue()
    assert "a [title]" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()


def test_a_narrow_terminal_gets_plain_text(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    stream = Terminal()
    show(HEADINGS, [row().cells()], stream)
    assert stream.getvalue().splitlines() == plain(HEADINGS, [row().cells()])


def test_80_columns_are_enough(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    show(HEADINGS, [row("a-k10.png", size=123456, original=1234567, mse=123.45).cells()], stream)
    assert all(text in stream.getvalue() for text in ("a-k10.png", "123,456", "123.45", "0.12 s"))
    assert "…" not in stream.getvalue()


def test_long_names_are_folded(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    show(HEADINGS, [row("demo-output/a-folder-with-a-long-name/china-k10.png", mse=519.54).cells()], stream)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()
    assert max(map(len, lines)) <= 80
    assert any("k10.png" in line and "519.54" in line for line in lines)
    assert "".join(line[:16].strip() for line in lines).endswith("demo-output/a-folder-with-a-long-name/china-k10.png")


def test_a_dumb_terminal_gets_plain_text(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    show(HEADINGS, [row().cells()], stream)
    assert "\x1b" not in stream.getvalue()
