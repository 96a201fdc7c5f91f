import copy
import pickle
import re
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import huepress
from huepress.palette import Palette, parse_color, parse_colors
from huepress.palette_files import load_palette
from samples import cleared

RED, BLUE = (255, 0, 0), (0, 0, 255)


def palette_of_bytes(data):
    """A palette of 3 or 4 columns from any bytes; counts are small, so that ties occur."""
    width = 3 + data[0] % 2
    colors = np.frombuffer(data[1:], np.uint8)[: (len(data) - 1) // width * width].reshape(-1, width)[:256]
    return Palette(cleared(colors), colors[:, 0] % 4)


palettes = st.binary(min_size=5, max_size=1025).map(palette_of_bytes)


def test_order_is_kept_and_counts_are_zero_if_unknown():
    palette = Palette([RED, BLUE, RED])
    assert palette.colors.tolist() == [list(RED), list(BLUE), list(RED)]
    assert palette.colors.dtype == np.uint8
    assert palette.counts.tolist() == [0, 0, 0]
    assert palette.counts.dtype == np.int64


def test_arrays_are_copied_and_read_only():
    colors, counts = np.array([RED], np.uint8), np.array([7])
    palette = Palette(colors, counts)
    colors[:], counts[:] = 0, 0
    assert palette == Palette([RED], [7])
    for array in (palette.colors, palette.counts, pickle.loads(pickle.dumps(palette)).colors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        palette.colors = colors


@pytest.mark.parametrize(
    ("colors", "counts", "error", "words"),
    [
        ([], None, ValueError, r"shape \(k, 3\) or \(k, 4\)"),
        (np.zeros((0, 3), np.uint8), None, ValueError, "1 to 256 colours, not 0"),
        (np.zeros((257, 3), np.uint8), None, ValueError, "1 to 256 colours, not 257"),
        (np.zeros((2, 5), np.uint8), None, ValueError, "shape"),
        (RED, None, ValueError, "shape"),
        ([(256, 0, 0)], None, ValueError, "0 to 255, not 256"),
        ([(-1, 0, 0)], None, ValueError, "0 to 255, not -1"),
        ([(0.5, 0, 0)], None, TypeError, "whole numbers, not float64"),
        ([(True, False, True)], None, TypeError, "bool"),
        ([RED], [1, 2], ValueError, "1 values"),
        ([RED], [[1]], ValueError, "shape"),
        ([RED], [-1], ValueError, "at least 0, not -1"),
        ([RED], [0.5], TypeError, "whole numbers"),
    ],
)
def test_wrong_arguments_are_named(colors, counts, error, words):
    with pytest.raises(error, match=words):
        Palette(colors, counts)


def test_transparent_colours_that_are_named_have_no_hue():
    assert Palette.of([(9, 9, 9, 0), (9, 9, 9, 1)]).colors.tolist() == [[0, 0, 0, 0], [9, 9, 9, 1]]
    assert Palette.of(["#09090900"]).colors.tolist() == [[0, 0, 0, 0]]


@given(palettes)
def test_ordered_is_what_sorting_tuples_gives(palette):
    rows = [(-n, *map(int, color)) for color, n in zip(palette.colors, palette.counts, strict=True)]
    ordered = palette.ordered()
    expected = [(-n, *map(int, color)) for color, n in zip(ordered.colors, ordered.counts, strict=True)]
    assert sorted(rows) == expected


def test_ordered_keeps_what_is_known_of_each_color():
    centers = np.array([[0.4, 0, 0], [9.0, 9.2, 9], [5, 5, 5.5]])
    palette = Palette(np.round(centers).astype(np.uint8), [1, 7, 3], centers=centers, inertia=2.5).ordered()
    assert palette.centers.tolist() == centers[[1, 2, 0]].tolist()
    assert palette.inertia == 2.5


def test_pickles_and_copies_keep_what_was_learnt():
    palette = Palette([RED, BLUE], [2, 1], centers=[[211.6, 0, 0], [0, 0, 254.9]], inertia=2.5)
    for other in (pickle.loads(pickle.dumps(palette)), copy.copy(palette), copy.deepcopy(palette)):
        assert other == palette
        assert other.centers.tolist() == palette.centers.tolist()
        assert other.inertia == 2.5


def test_short_and_long_palettes_show_themselves():
    assert repr(Palette([(*RED, 255), (0, 0, 255, 128)])) == "<Palette of 2: #ff0000, #0000ff80>"
    shown = repr(Palette([(n, n, n) for n in range(9)]))
    assert shown.startswith("<Palette of 9: #000000, ")
    assert shown.endswith(", #070707, ...>")


def test_centers_must_fit_the_colors():
    with pytest.raises(ValueError, match=r"centres must have the shape of the colours, \(1, 3\), not \(2, 3\)"):
        Palette([RED], centers=np.zeros((2, 3)))
    assert Palette([RED], centers=[RED]).centers.dtype == np.float64


def test_saving_replaces_unless_told_not_to(tmp_path):
    Palette([RED]).save(tmp_path / "a.hex")
    Palette([BLUE]).save(tmp_path / "a.hex")
    with pytest.raises(huepress.OverwriteError):
        Palette([RED]).save(tmp_path / "a.hex", force=False)
    assert load_palette(tmp_path / "a.hex").colors.tolist() == [list(BLUE)]


@given(palettes)
def test_hex_and_pickle_round_trip(palette):
    assert Palette.of(palette.hex).rgba.tolist() == palette.rgba.tolist()
    assert pickle.loads(pickle.dumps(palette)) == palette
    assert hash(pickle.loads(pickle.dumps(palette))) == hash(palette)


def test_equality_needs_colours_and_counts():
    assert Palette([RED], [1]) == Palette([RED], [1])
    assert Palette([RED], [1]) != Palette([RED], [2])
    assert Palette([RED]) != Palette([(*RED, 255)])
    assert Palette([RED]) != [RED]


def test_alpha_and_hex():
    assert not Palette([RED]).has_alpha
    assert not Palette([(*RED, 255)]).has_alpha
    assert Palette([(*RED, 254)]).has_alpha
    assert Palette([(*RED, 255), (1, 2, 3, 4)]).hex == ("#ff0000", "#01020304")
    assert Palette([RED]).rgba.tolist() == [[255, 0, 0, 255]]


def test_shares():
    assert Palette([RED, BLUE], [3, 1]).shares.tolist() == [0.75, 0.25]
    assert Palette([RED, BLUE]).shares.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("value", "color"),
    [
        ("#d40000", (0xD4, 0, 0)),
        ("D40000", (0xD4, 0, 0)),
        ("#d40", (0xDD, 0x44, 0)),
        ("#d4000080", (0xD4, 0, 0, 0x80)),
        ("d4000080", (0xD4, 0, 0, 0x80)),
        ("rebeccapurple", (0x66, 0x33, 0x99)),
        (" Red ", RED),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("hsl(120, 100%, 50%)", (0, 255, 0)),
        ((1, 2, 3), (1, 2, 3)),
        ([1, 2, 3, 4], (1, 2, 3, 4)),
        (np.array([1, 2, 3], np.uint8), (1, 2, 3)),
    ],
)
def test_parse_color(value, color):
    assert parse_color(value) == color


@pytest.mark.parametrize(
    "value",
    [
        "",
        "reddish",
        "#12345",
        "#gggggg",
        "rgb(300,0,0)",
        "rgba(0,0,0,1)",
        (1, 2),
        (1, 2, 256),
        (0.5, 0, 0),
        None,
        7,
    ],
)
def test_no_colour_is_refused(value):
    with pytest.raises(ValueError, match=f"{re.escape(repr(value))}"):
        parse_color(value)


def test_parse_colors_widens_to_alpha_only_if_needed():
    assert parse_colors(["red", BLUE]).tolist() == [list(RED), list(BLUE)]
    assert parse_colors(["red", "#00000080"]).tolist() == [[255, 0, 0, 255], [0, 0, 0, 128]]
    assert parse_colors([]).shape == (0, 3)
    with pytest.raises(TypeError, match="list"):
        parse_colors("red")


def test_jupyter_shows_swatches_and_shares():
    page = Palette([(*RED, 255), (0, 0, 255, 128)], [3, 1])._repr_html_()
    assert [page.count(text) for text in ("#ff0000", "#0000ff80", "75.0 %", "25.0 %")] == [3, 3, 1, 1]
    assert "%</div>" not in Palette([RED])._repr_html_()


def test_jupyter_picture_has_a_square_per_colour():
    colors = [(n, 255 - n, 7) for n in range(17)]
    picture = Image.open(BytesIO(Palette(colors)._repr_png_()))
    assert picture.size == (16 * 32, 2 * 32)
    centres = [picture.getpixel((n % 16 * 32 + 16, n // 16 * 32 + 16)) for n in range(18)]
    assert centres == [(*color, 255) for color in colors] + [(0, 0, 0, 0)]


def test_listed_colormap_is_matplotlibs():
    colormap = Palette([(*RED, 255), (0, 0, 255, 51)]).to_listed_colormap()
    assert colormap(0) == (1, 0, 0, 1)
    assert colormap(1) == (0, 0, 1, 0.2)
    assert colormap.N == 2
    assert colormap.name == "huepress"
    assert Palette([RED]).to_listed_colormap("dusk").name == "dusk"


def test_missing_matplotlib_names_the_extra(monkeypatch):
    def without(name):
        raise ImportError(name)

    monkeypatch.setattr("huepress.extras.import_module", without)
    with pytest.raises(huepress.MissingExtraError, match=r"pip install 'huepress\[plot\]'"):
        Palette([RED]).to_listed_colormap()
