"""The page in a browser, as people use it."""

import base64
import hashlib
import io
import re

import numpy as np
import pytest
from browsing import another_result, drop, shown
from PIL import Image

import huepress
from animations import saved_frames, sprite


def is_displayed(page):
    """Whether the blob that the link downloads is the one that the image displays."""
    return page.get_attribute("#download", "href") == page.get_attribute("#after", "src") != ""


def downloaded(page):
    with page.expect_download() as download:
        page.click("#download")
    path = download.value.path()
    return download.value.suggested_filename, path.read_bytes()


def drag(page, selector, start, end):
    """Drag across an element, from and to parts of its width."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + (start + (end - start) * step / 8) * box["width"], y)
    page.mouse.up()


def test_drop_drag_download(page, photograph):
    drop(page, photograph)
    first = shown(page)
    assert page.input_value("#k-number") == "16"
    with another_result(page):
        drag(page, "#k", 15 / 55, 0.06)
    k = int(page.input_value("#k-number"))
    assert 2 <= k <= 8
    told = shown(page)
    assert told != first
    assert is_displayed(page)
    name, data = downloaded(page)
    assert hashlib.sha256(data).hexdigest() == told
    assert name == f"china-k{k}.png"
    expected = huepress.quantize(photograph, k=k, effort="fast")
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), expected.to_array())
    assert page.text_content("#f-colors") == str(k)
    assert page.text_content("#f-bytes") == f"{len(data) / 1000:.1f} kB"
    saved = float(page.text_content("#f-saved").removesuffix(" %"))
    assert saved == pytest.approx(100 - 100 * len(data) / photograph.stat().st_size, abs=0.06)


def test_the_split_moves_by_mouse_and_keyboard(page, photograph):
    drop(page, photograph)
    shown(page)
    drag(page, "#stage", 0.5, 0.2)
    assert float(page.input_value("#split")) == pytest.approx(20, abs=1)
    clip = page.evaluate("() => getComputedStyle(document.querySelector('.layer.result')).clipPath")
    assert float(re.search(r"([0-9.]+)%\)$", clip)[1]) == pytest.approx(20, abs=1)
    page.focus("#split")
    page.keyboard.press("End")
    assert page.input_value("#split") == "100"
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute("#split", "aria-valuetext") == "99.5 % original"


def test_zoom_shows_crisp_pixels(page, photograph):
    drop(page, photograph)
    shown(page)
    page.focus("#split")
    for _ in range(5):
        page.keyboard.press("+")
    assert page.evaluate("() => getComputedStyle(document.getElementById('after')).imageRendering") == "pixelated"
    width = page.evaluate("() => document.getElementById('after').getBoundingClientRect().width")
    assert width > 2 * 640
    before = page.evaluate("() => document.getElementById('after').getBoundingClientRect().x")
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate("() => document.getElementById('after').getBoundingClientRect().x") == pytest.approx(
        before - 60, abs=1
    )
    page.keyboard.press("0")
    assert page.text_content("#zoom-value") == "fit"


def image_width(page):
    return page.evaluate("() => document.getElementById('after').getBoundingClientRect().width")


def test_the_wheel_zooms_where_it_points(page, photograph):
    drop(page, photograph)
    shown(page)
    before, box = image_width(page), page.locator("#stage").bounding_box()
    x, y = box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"]
    under = """([x, y]) => {
      const box = document.getElementById("after").getBoundingClientRect();
      return [(x - box.x) / box.width, (y - box.y) / box.height];
    }"""
    place = page.evaluate(under, [x, y])
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_function(
        "(before) => document.getElementById('after').getBoundingClientRect().width > before", arg=before
    )
    assert page.evaluate(under, [x, y]) == pytest.approx(place, abs=0.01)
    left = page.evaluate("() => document.getElementById('after').getBoundingClientRect().x")
    page.mouse.wheel(80, 0)
    page.wait_for_function("(left) => document.getElementById('after').getBoundingClientRect().x < left - 70", arg=left)


def test_two_fingers_zoom(opened, photograph):
    page = opened(**LOOKS["phone"])
    page.set_input_files("#files", photograph)
    shown(page)
    before, box = image_width(page), page.locator("#stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)

    def touch(kind, apart):
        points = [{"x": x + side * apart, "y": y, "id": index} for index, side in enumerate((-1, 1))]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else points})

    touch("touchStart", 30)
    for apart in (40, 50, 60, 75, 90):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    assert image_width(page) == pytest.approx(3 * before, rel=0.05)


def test_a_picture_is_pasted(page, photograph):
    data = base64.b64encode(photograph.read_bytes()).decode()
    page.evaluate(
        """(text) => {
          const clipboardData = new DataTransfer(), bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
          clipboardData.items.add(new File([bytes], "image.png", { type: "image/png" }));
          dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
        }""",
        data,
    )
    shown(page)
    assert page.title().startswith("image.png")


def test_dither_is_in_the_file(page, photograph):
    drop(page, photograph)
    plain = shown(page)
    with another_result(page):
        page.focus("#dither")
        page.keyboard.press("End")
    told = shown(page)
    assert told != plain
    assert page.text_content("#dither-value") == "100 %"
    assert "--dither 1" in page.text_content("#command")
    _, data = downloaded(page)
    assert hashlib.sha256(data).hexdigest() == told
    with Image.open(io.BytesIO(data)) as image:
        expected = huepress.quantize(photograph, k=16, effort="fast", dither=1).to_array()
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), expected)


def test_a_locked_color_stays(page, photograph):
    drop(page, photograph)
    shown(page)
    chosen = page.get_attribute("#palette li:nth-child(3) button", "data-hex")
    page.click("#palette li:nth-child(3) button")
    with another_result(page):
        page.click("#lock")
    with another_result(page):
        page.fill("#k-number", "4")
    locked = page.locator(f'#palette button[data-hex="{chosen}"]')
    assert locked.locator(".lock").count() == 1
    assert page.locator("#palette button").count() == 4
    assert f"--fixed {chosen}" in page.text_content("#command").replace("'", "")


def test_a_changed_color_is_in_the_file(page, photograph):
    drop(page, photograph)
    shown(page)
    page.click("#palette li:nth-child(1) button")
    with another_result(page):
        page.fill("#color-hex", "#ffeedd")
        page.keyboard.press("Enter")
    _, data = downloaded(page)
    with Image.open(io.BytesIO(data)) as image:
        colors = {color for _, color in image.convert("RGB").getcolors()}
    assert (255, 238, 221) in colors


def test_locked_colors_outlast_a_smaller_number(page, photograph):
    drop(page, photograph)
    shown(page)
    for place in (2, 4, 6):
        page.click(f"#palette li:nth-child({place}) button")
        with another_result(page):
            page.click("#lock")
    locked = set(page.eval_on_selector_all("#palette button:has(.lock)", "all => all.map((one) => one.dataset.hex)"))
    assert len(locked) == 3
    for k, count in ((2, 2), (12, 3)):
        with another_result(page):
            page.fill("#k-number", str(k))
        assert page.locator("#palette .lock").count() == count
    assert {color for color in locked if color in page.text_content("#command")} == locked


def test_a_color_can_be_changed_while_results_come(page, photograph):
    """Results of what the colour was a moment ago must not end the choice of another."""
    drop(page, photograph)
    shown(page)
    page.click("#palette li:nth-child(1) button")
    was_hidden = page.evaluate("""async () => {
      const color = document.getElementById("color"), told = [];
      for (let red = 40; red < 70; red++) {
        color.value = `#${red.toString(16)}80f0`;
        color.dispatchEvent(new Event("input"));
        await new Promise((resolve) => setTimeout(resolve, 30));
        told.push(document.getElementById("editing").hidden);
      }
      color.dispatchEvent(new Event("change"));
      return told.includes(true);
    }""")
    assert not was_hidden
    page.wait_for_selector('#palette button[data-hex="#4580f0"] .lock')
    assert page.locator("#palette .lock").count() == 1


def test_a_color_is_typed_in_short_and_what_is_none_is_told_for_all_to_see(page, photograph):
    drop(page, photograph)
    shown(page)
    page.click("#palette li:nth-child(1) button")
    with another_result(page):
        page.fill("#color-hex", "fed")
        page.keyboard.press("Enter")
    assert page.locator('#palette button[data-hex="#ffeedd"] .lock').count() == 1
    page.fill("#color-hex", "#12345")
    page.keyboard.press("Enter")
    page.wait_for_selector("#said:has-text('#12345 is no colour')")
    assert page.locator("#said").bounding_box()["width"] > 100


def test_keyboard_alone(page, photograph):
    """From the start of the page to a download, without a pointer."""
    drop(page, photograph)
    shown(page)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.name"))
        if reached[-1] == "k":
            with another_result(page):
                page.keyboard.press("ArrowLeft")
            assert page.input_value("#k-number") == "15"
        if reached[-1] == "download":
            break
    assert reached[-1] == "download", reached
    assert {"split", "zoom-in", "aim", "k", "k-number", "dither", "format"} <= set(reached)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "china-k15.png"


@pytest.mark.parametrize("format", ["webp", "gif"])
def test_other_formats(page, photograph, format):
    drop(page, photograph)
    shown(page)
    with another_result(page):
        page.check(f'input[name="format"][value="{format}"]', force=True)
    told = shown(page)
    assert is_displayed(page)
    name, data = downloaded(page)
    assert hashlib.sha256(data).hexdigest() == told
    assert name.endswith(f".{format}")
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == format.upper()


def test_targets(page, photograph):
    drop(page, photograph)
    shown(page)
    with another_result(page):
        page.check('input[name="aim"][value="bytes"]', force=True)
    with another_result(page):
        page.fill("#bytes-number", "40")
    _, data = downloaded(page)
    assert 30_000 < len(data) <= 40_000
    with another_result(page):
        page.check('input[name="aim"][value="quality"]', force=True)
    with another_result(page):
        page.fill("#quality-number", "50")
    _, data = downloaded(page)
    assert 50 <= huepress.compare(photograph, data).ssimulacra2 <= 51


def test_out_of_reach_is_told(page, photograph):
    drop(page, photograph)
    shown(page)
    with another_result(page):
        page.check('input[name="aim"][value="quality"]', force=True)
    with another_result(page):
        page.fill("#k-number", "3")
    assert "out of reach" in page.text_content("#notice")


def test_several_pictures(page, photograph, tmp_path):
    small = tmp_path / "<img src=x onerror=alert(1)>.png"
    Image.new("RGB", (5, 4), "teal").save(small)
    drop(page, photograph, small)
    page.wait_for_selector("#strip li:nth-child(2) img")
    shown(page)
    with another_result(page):
        page.click("#strip li:nth-child(2) button")
    assert page.text_content("#f-colors") == "1"
    assert page.get_attribute("#strip li:nth-child(2) button", "aria-label") == small.name
    assert page.locator("img[onerror]").count() == 0
    assert small.name in page.title()


def test_the_keyboard_stays_on_the_picture_that_it_chose(page, photograph, tmp_path):
    small = tmp_path / "small.png"
    Image.new("RGB", (5, 4), "teal").save(small)
    drop(page, photograph, small)
    page.wait_for_selector("#strip li:nth-child(2) img")
    shown(page)
    page.focus("#strip li:nth-child(2) button")
    with another_result(page):
        page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "small.png"


def test_nothing_of_the_picture_before_is_left(page, photograph, tmp_path):
    small = tmp_path / "small.png"
    Image.new("RGB", (5, 4), "teal").save(small)
    drop(page, photograph, small)
    page.wait_for_selector("#strip li:nth-child(2) img")
    shown(page)
    left = page.evaluate("""() => {
      document.querySelector("#strip li:nth-child(2) button").click();
      const figures = [...document.querySelectorAll("#figures dd")].map((figure) => figure.textContent);
      return [figures.slice(1), ["before", "after"].map((id) => document.getElementById(id).hasAttribute("src")),
        document.getElementById("download").hasAttribute("href"), document.getElementById("command").textContent];
    }""")
    assert left == [["–"] * 6, [False, False], False, "–"]
    shown(page)
    assert page.text_content("#f-colors") == "1"


def test_figures_that_are_not_there_yet_are_dim(page, photograph):
    drop(page, photograph)
    shown(page)
    page.evaluate("() => document.getElementById('figures').classList.add('pending')")
    dim = "all => all.filter((one) => getComputedStyle(one).opacity < 1).map((one) => one.id)"
    assert page.eval_on_selector_all("#figures dd", dim) == ["f-bytes", "f-saved", "f-score", "f-time"]


@pytest.mark.parametrize("width", [1920, 1440, 1280, 1000, 768, 360, 320])
def test_figures_are_not_cut_off(opened, tmp_path, width):
    page = opened(viewport={"width": width, "height": 800})
    pixels = np.random.default_rng(0).integers(0, 256, (500, 500), np.uint8)
    Image.fromarray(pixels & 248).save(tmp_path / "grey.bmp")
    page.set_input_files("#files", tmp_path / "grey.bmp")
    with another_result(page):
        page.fill("#k-number", "32")
    assert "visually lossless" in page.text_content("#f-score")
    cut = "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"
    assert page.eval_on_selector_all("#figures dd, #figures dt", cut) == []


def test_the_frame_of_an_animation_is_not_compared_with_its_file(page, tmp_path):
    (tmp_path / "walk.gif").write_bytes(saved_frames(sprite(), "GIF"))
    drop(page, tmp_path / "walk.gif")
    shown(page)
    assert page.inner_text("#f-saved") == "–"
    assert "only its first frame" in page.inner_text("#notice")
    assert "saved" not in page.text_content("#said")


def test_a_damaged_picture_among_others_is_told(browser, address, photograph, tmp_path):
    page = browser.new_context().new_page()
    page.goto(address)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    drop(page, photograph, broken)
    page.click("#strip li:nth-child(2) button:text('error')")
    page.wait_for_selector("#broken:not([hidden])")
    assert page.text_content("#broken-text").startswith("broken.png: This file: damaged or incomplete")
    assert page.title().startswith("broken.png")
    others = ("#download", "#figures", "#palette", "#command", "#split")  # of which the damaged one has none
    assert not any(page.is_visible(other) for other in others)
    page.click("#remove")
    shown(page)
    assert all(page.is_visible(other) for other in others)
    assert page.evaluate("() => document.activeElement.id") == "add"
    assert page.locator("#broken").is_hidden()
    assert page.locator("#strip").is_hidden()
    page.context.close()


def test_quick_changes_end_at_the_last(page, photograph, tmp_path):
    """However quickly pictures are chosen and sliders moved, what is shown in the end is what was wanted last."""
    small = tmp_path / "small.png"
    Image.new("RGB", (5, 4), "teal").save(small)
    drop(page, photograph, small)
    page.wait_for_selector("#strip li:nth-child(2) img")
    shown(page)
    for _ in range(3):
        page.evaluate("""() => {
          for (const number of [2, 1, 2, 1, 2])
            document.querySelector(`#strip li:nth-child(${number}) button`).click();
          for (const stop of [3, 9, 20, 6]) {
            document.getElementById("k").value = stop;
            document.getElementById("k").dispatchEvent(new Event("input"));
          }
          document.getElementById("k").dispatchEvent(new Event("change"));
          document.querySelector("#strip li:nth-child(1) button").click();
        }""")
        page.wait_for_selector('#stage[data-shown^="k=7&"]:not([data-shown$="&draft"])[aria-busy="false"]')
        assert page.evaluate("() => document.getElementById('before').naturalWidth") == 640
        assert page.evaluate("() => document.getElementById('after').naturalWidth") == 640
        assert page.locator("#palette button").count() == 7


def test_all_are_downloaded(page, photograph, tmp_path):
    small = tmp_path / "small.png"
    Image.new("RGB", (5, 4), "teal").save(small)
    drop(page, photograph, small)
    page.wait_for_selector("#strip li:nth-child(2) img")
    shown(page)
    names = set()
    page.on("download", lambda download: names.add(download.suggested_filename))
    page.click("#download-all")
    for _ in range(100):
        page.wait_for_timeout(100)
        if len(names) == 2:
            break
    assert names == {"china-k16.png", "small-k16.png"}


def test_a_file_that_is_no_picture_is_told(browser, address, tmp_path):
    page = browser.new_context().new_page()
    page.goto(address)
    path = tmp_path / "notes.png"
    path.write_bytes(b"no picture at all")
    drop(page, path)
    page.wait_for_selector("#refused:not([hidden])")
    assert page.text_content("#refused").startswith("notes.png: This file is no picture")
    page.context.close()


def test_no_file_that_is_no_picture_goes_untold(browser, address, tmp_path):
    page = browser.new_context().new_page()
    page.goto(address)
    notes, more, small = tmp_path / "notes.png", tmp_path / "more.txt", tmp_path / "small.png"
    for path in (notes, more):
        path.write_bytes(b"no picture at all")
    Image.new("RGB", (5, 4), "teal").save(small)
    drop(page, notes, more)
    page.wait_for_selector("#refused:has-text('more.txt: ')")
    assert "notes.png: " in page.text_content("#refused")
    drop(page, notes, small)
    shown(page)
    assert page.get_attribute("#strip li:nth-child(2) button", "aria-pressed") == "true"
    page.click("#strip button:text('error')")
    assert page.inner_text("#broken-text").startswith("notes.png: ")
    page.context.close()


def test_a_file_that_cannot_be_read_is_told(browser, address, tmp_path):
    page = browser.new_context().new_page()
    page.goto(address)
    file = tmp_path / "changing.png"
    Image.new("RGB", (5, 4), "teal").save(file)
    page.set_input_files("#files", file)
    shown(page)
    page.request.delete(f"{address}api/pictures/{hashlib.sha256(file.read_bytes()).hexdigest()}")
    Image.new("RGB", (9, 9), "navy").save(file)
    page.fill("#k-number", "5")
    page.wait_for_selector("#notice:not([hidden])")
    assert "has changed since it was chosen" in page.text_content("#notice")
    page.context.close()


def test_a_picture_that_the_browser_cannot_show_is_told(page, tmp_path):
    long = tmp_path / "long.png"
    Image.new("1", (5_000_000, 1)).save(long)
    drop(page, long)
    page.wait_for_selector("#notice:not([hidden])")
    assert page.text_content("#notice") == "This browser cannot show this picture."


def test_a_forgotten_picture_is_sent_again(browser, address, photograph):
    page = browser.new_context().new_page()
    page.goto(address)
    drop(page, photograph)
    told = shown(page)
    page.request.delete(f"{address}api/pictures/{hashlib.sha256(photograph.read_bytes()).hexdigest()}")
    with another_result(page):
        page.fill("#k-number", "5")
    assert shown(page) != told
    page.context.close()


def test_palette_export_and_copies(opened, photograph, address, tmp_path):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    drop(page, photograph)
    shown(page)
    colors = page.eval_on_selector_all("#palette button", "buttons => buttons.map((button) => button.dataset.hex)")
    page.click("#copy-palette")
    page.wait_for_selector("#said:has-text('copied')")
    assert page.locator("#said").bounding_box()["width"] > 100
    assert page.evaluate("() => navigator.clipboard.readText()").split() == colors
    with page.expect_download() as download:
        page.click("#export-palette")
    download.value.save_as(tmp_path / "palette.gpl")
    assert list(huepress.load_palette(tmp_path / "palette.gpl").hex) == colors


def test_chart_and_cloud_show(page, photograph):
    drop(page, photograph)
    shown(page)
    page.locator("#cloud").scroll_into_view_if_needed()
    page.wait_for_selector("#chart svg")
    assert "16 colours" in page.get_attribute("#chart svg", "aria-label")
    page.wait_for_selector("#iteration:not([max='0'])")
    page.check('input[name="chart"][value="quality"]', force=True)
    page.wait_for_selector('#chart svg[aria-label^="Quality"]')
    painted = page.evaluate("""() => {
      const canvas = document.getElementById("cloud");
      return new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size;
    }""")
    assert painted > 50


LOOKS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "device_scale_factor": 3,
        "has_touch": True,
        "is_mobile": True,
    },
    "reflowed": {"viewport": {"width": 320, "height": 640}},  # as of WCAG 1.4.10
    "4K": {"viewport": {"width": 3840, "height": 2160}},
    "calm": {"reduced_motion": "reduce"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_accessible_in_every_look(opened, photograph, look):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(**LOOKS[look])

    def check():
        page.wait_for_timeout(300)  # colours have changed over
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []

    check()
    page.set_input_files("#files", photograph)
    shown(page)
    page.click("#palette li:nth-child(1) button")
    page.locator("#cloud").scroll_into_view_if_needed()
    page.wait_for_selector('#chart[aria-busy="false"]')
    check()
    page.check('input[name="aim"][value="bytes"]', force=True)
    check()
    wide, inner = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= inner


@pytest.mark.parametrize("width", [1440, 1280, 390, 320])
def test_the_command_breaks_between_words_only(opened, tmp_path, photograph, width):
    page = opened(viewport={"width": width, "height": 700})
    file = tmp_path / "A rose by any other name.jpg"
    file.write_bytes(photograph.read_bytes())
    page.set_input_files("#files", file)
    shown(page)
    assert page.text_content("#command") == "huepress 'A rose by any other name.jpg' -k 16 --effort fast"
    lines = page.eval_on_selector_all(
        "#command span",
        """words => words.map((word) => {
          const range = document.createRange();
          range.selectNodeContents(word);
          return new Set([...range.getClientRects()].map((box) => box.top)).size;
        })""",
    )
    assert set(lines) == {1}


@pytest.mark.parametrize("width", [1920, 1440, 1280, 1000, 768, 360])
def test_panels_can_be_read_at_any_width(opened, tmp_path, width):
    page = opened(viewport={"width": width, "height": 800})
    Image.new("RGB", (5, 4), "teal").save(tmp_path / "small.png")
    page.set_input_files("#files", tmp_path / "small.png")
    shown(page)
    page.locator("#chart").scroll_into_view_if_needed()
    page.wait_for_selector("#chart svg")
    lines = "all => all.map((one) => one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight))"
    assert page.eval_on_selector_all("#work h2", lines) == pytest.approx([1] * 4, abs=0.1)
    letters = page.evaluate("""() => {
      const chart = document.querySelector("#chart svg");
      return (parseFloat(getComputedStyle(chart).fontSize) * chart.clientWidth) / chart.viewBox.baseVal.width;
    }""")
    assert letters >= 8.5


def test_a_finger_moves_the_split(opened, photograph):
    page = opened(**LOOKS["phone"])
    page.set_input_files("#files", photograph)
    shown(page)
    box = page.locator("#stage").bounding_box()
    page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
    assert float(page.input_value("#split")) == pytest.approx(80, abs=2)


def test_nothing_jumps(page, photograph):
    """The layout stays where it is while results come and go."""
    drop(page, photograph)
    shown(page)
    page.wait_for_timeout(600)
    page.evaluate("""() => {
      window.shift = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.value)))
        .observe({ type: "layout-shift" });
    }""")

    def boxes():
        return page.eval_on_selector_all(
            "main section, aside, figure", "elements => elements.map((element) => element.getBoundingClientRect().top)"
        )

    before = boxes()
    for k in (3, 90, 256, 16):
        with another_result(page):
            page.fill("#k-number", str(k))
    assert boxes() == before
    assert page.evaluate("() => window.shift") < 0.01


def test_the_page_works_offline(browser, address, photograph):
    """No request goes anywhere else, even if there is nowhere else."""
    context = browser.new_context()
    asked = []
    context.route(
        lambda url: not url.startswith(address), lambda route: (asked.append(route.request.url), route.abort())
    )
    page = context.new_page()
    page.goto(address)
    drop(page, photograph)
    shown(page)
    assert asked == []
    context.close()
