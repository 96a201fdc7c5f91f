import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import huepress
from animations import saved_frames, sprite
from huepress.report.page import report_page
from runner import run
from samples import gradient

VOID = {"meta", "link", "img", "input", "br"}


class Page(HTMLParser):
    """Elements with their attributes, text; fails on tags that do not close in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def icon():
    return np.asarray(Image.fromarray(gradient()).resize((16, 16)))


PICTURES = {
    "photograph": lambda: np.dstack([gradient(90, 70)[..., 0], gradient(90, 70)[..., 1], gradient(90, 70)[..., 2]]),
    "with alpha": lambda: gradient(60, 50),
    "icon": icon,
    "one colour": lambda: np.full((5, 9, 3), 40, np.uint8),
    "one pixel": lambda: np.zeros((1, 1, 3), np.uint8),
    "transparent": lambda: np.zeros((8, 8, 4), np.uint8),
    "grey": lambda: np.arange(256, dtype=np.uint8).reshape(16, 16),
}


@pytest.fixture(scope="module", params=PICTURES)
def made(request):
    pixels = PICTURES[request.param]()
    text = report_page(pixels, ks=[2, 5], effort="fast")
    return pixels, text, Page(text)


def test_nothing_comes_from_elsewhere(made):
    _, text, page = made
    assert not re.search(
        r"https?:|//[a-z]|@import|url\(", re.sub(r"base64,[A-Za-z0-9+/=]+", "", re.sub(r"\s// .*", "", text))
    )
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "data:").startswith("data:"), tag


def test_ids_are_unique_and_labels_lead_somewhere(made):
    _, _, page = made
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a} <= set(ids)
    assert all("alt" in image for image in page.all("img"))
    assert page.all("html")[0]["lang"] == "en"
    values = {a["value"] for a in page.all("input") if a.get("name") == "result"}
    assert values <= set(ids)


def test_pictures_are_exact(made):
    pixels, _, page = made
    images = {a["id"]: a["src"] for a in page.all("img") if a.get("src")}
    for k in (2, 5):
        data = base64.b64decode(images[f"k{k}"].partition(",")[2])
        with Image.open(io.BytesIO(data)) as image:
            shown = np.asarray(image.convert("RGBA"))
        expected = huepress.quantize(pixels, k=k, effort="fast").palette.rgba[
            huepress.quantize(pixels, k=k, effort="fast").indices
        ]
        np.testing.assert_array_equal(shown, expected)


def test_palettes_are_those_of_the_results(made):
    pixels, _, page = made
    swatches = [a["data-hex"] for a in page.all("button")]
    assert swatches == [c for k in (2, 5) for c in huepress.quantize(pixels, k=k, effort="fast").palette.hex]


def test_no_number_failed(made):
    text = " ".join(made[2].text)
    assert not re.search(r"\bnan\b|\binf\b|None|\$", text)


def test_names_are_escaped(tmp_path):
    path = tmp_path / "<script>alert(1)<&script>.png"
    Image.fromarray(icon()).save(path)
    text = report_page(path, ks=[2], effort="fast")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;&amp;script&gt;.png" in text
    assert str(tmp_path) not in text


def test_observations_say_what_was_measured(photograph):
    text = " ".join(Page(report_page(photograph, ks=[4, 8], effort="fast")).text)
    four, eight = (huepress.quantize(photograph, k=k, effort="fast") for k in (4, 8))
    assert f"A PNG of 4 colours takes {len(four.encode()) / 1000:.1f} kB" in text
    assert f"{eight.psnr - four.psnr:+.1f} dB" in text
    assert f"the most used colour is {eight.palette.hex[0]}, with {100 * eight.palette.shares[0]:.1f} %" in text
    assert f"bends most at k = {huepress.elbow(photograph, ks=range(1, 21)).knee}" in text


def test_observations_on_one_colour_are_said_once_and_in_good_words():
    text = " ".join(Page(report_page(np.full((20, 30, 3), 7, np.uint8), ks=[3, 10, 20], effort="fast")).text)
    assert text.count("nothing is lost: the picture has no more than 1 colour.") == 1
    assert "1 colours" not in text
    assert "Going from" not in text
    assert "knee" not in text


def test_what_is_transparent_has_no_place_in_the_cloud():
    text = report_page(PICTURES["with alpha"](), ks=[5], effort="fast")
    centers = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])["centers"]["k5"]
    palette = huepress.quantize(PICTURES["with alpha"](), k=5, effort="fast").palette
    assert len(centers) == int((palette.rgba[:, 3] > 0).sum()) < len(palette)


def test_the_cloud_is_of_the_picture(photograph):
    text = report_page(photograph, ks=[4], effort="fast")
    data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    assert len(data["colors"]) <= 3000
    assert sum(color[3] for color in data["colors"]) > 0.8
    assert [tuple(c[:3]) for c in data["centers"]["k4"]] == list(
        map(tuple, huepress.quantize(photograph, k=4, effort="fast").palette.colors.tolist())
    )


def test_the_same_picture_makes_the_same_page():
    assert report_page(icon(), ks=[3], threads=1) == report_page(icon(), ks=[3], threads=2)


@pytest.mark.parametrize(("size", "step", "shown"), [((1500, 3000), 2, (750, 1500)), ((2, 40000), 3, (1, 13334))])
def test_large_pictures_are_shown_in_part(size, step, shown):
    text = report_page(np.zeros((*size[::-1], 3), np.uint8), ks=[2], effort="fast")
    assert f"every {step}. pixel" in text
    assert f'width="{shown[0]}" height="{shown[1]}"' in text


def test_of_an_animation_the_first_frame_is_told():
    text = " ".join(Page(report_page(saved_frames(sprite(), "GIF"), ks=[2, 3], effort="fast")).text)
    assert "an animation, of which this is the first frame" in text
    assert "Original, first frame" in text
    assert "than the original" not in text


def test_no_k():
    with pytest.raises(ValueError, match="a k at least"):
        report_page(icon(), ks=[])


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(icon()).save("icon.png")
    done = run("report", "icon.png", "-k", "2,3", "--effort", "fast")
    assert done.exit_code == 0
    assert (done.stdout, done.stderr) == ("", "huepress: icon-report.html is written\n")
    assert Path("icon-report.html").read_text("utf-8").startswith("<!doctype html>")
    again = run("report", "icon.png")
    assert again.exit_code == 15
    assert run("report", "none.png").exit_code == 2
    assert run("report", "icon.png", "-k", "0", "-o", "b.html").exit_code == 4
