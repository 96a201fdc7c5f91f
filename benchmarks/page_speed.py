"""How quick the local page is: from `huepress serve` to its first answer, and from a slider's release to new pixels.

    python benchmarks/page_speed.py PICTURE

Needs Chromium (CHROMIUM names it) and Playwright: `make test-page` installs both. The release is a `change` event of
the slider, to 16 colours, and then once to each other k from 8 to 24. The picture is chosen anew for each release to
16, under another text chunk, so that the server has nothing at hand. The end is the second animation frame after the
new picture was decoded and put into the page. Drafts have the final pixels; the file is there when it can be had.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from published import markdown, parser_of, publish

ABOUT = """
In Chromium without a graphics processor, browser and server on the same cores. A slider is let go at 16 colours nine
times, each time of a file that the server has not seen, and then once at each other k from 8 to 24, so that nothing is
at hand. New pixels are on the screen when the second animation frame has passed after they were put into the page; they
are final: what follows is the better packed file, with its score, which replaces the first one as what is shown and
downloaded.
"""
HEAD = ("from", "to", "median", "most")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
SHOWN = '#stage[data-shown]:not([data-shown$="&draft"])[aria-busy="false"]'
OTHERS = [k for k in range(8, 25) if k != 16]
REPEATS = 9
STARTS = 3
# Moves the slider to a stop (n stands for n + 1 colours) and lets it go; milliseconds to the pixels and to the file.
RELEASE = """async (stop) => {
  const stage = document.getElementById("stage"), slider = document.getElementById("k"), start = performance.now();
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const shown = (wanted) => new Promise((done) => {
    const look = () => wanted(stage.dataset.shown) && (watch.disconnect(), done());
    const watch = new MutationObserver(look);
    watch.observe(stage, { attributes: true });
    look();
  });
  slider.value = stop;
  slider.dispatchEvent(new Event("change"));
  const name = `k=${stop + 1}&`;
  await shown((text) => text.startsWith(name));
  await frames();
  const pixels = performance.now() - start;
  await shown((text) => text.startsWith(name) && !text.endsWith("&draft"));
  return [pixels, performance.now() - start];
}"""


def started():
    """The server, its address, and the seconds until its first answer."""
    start = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "huepress", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    address = server.stdout.readline().split()[3]
    with urllib.request.urlopen(address) as answer:
        answer.read()
    return server, address, time.perf_counter() - start


def copies(picture, folder):
    """Files with the same pixels that are not the same file."""
    with Image.open(picture) as image:
        for number in range(REPEATS):
            text = PngInfo()
            text.add_text("Comment", str(number))
            path = Path(folder) / f"{number}.png"
            image.save(path, pnginfo=text, compress_level=1)
            yield path


def chosen(page, path):
    """Choose the picture and wait for its result."""
    if page.is_visible("#remove"):
        page.click("#remove")
    page.set_input_files("#files", path)
    page.wait_for_selector(SHOWN)


def releases(address, picture):
    """(pixels, file) in milliseconds of each release: those to 16 colours, those to others."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        chosen(page, picture)
        sixteen = []
        for path in copies(picture, folder):
            page.evaluate(RELEASE, 12 - 1)  # the next picture opens with as many
            chosen(page, path)
            sixteen.append(page.evaluate(RELEASE, 16 - 1))
        others = [page.evaluate(RELEASE, k - 1) for k in OTHERS]
        browser.close()
    return sixteen, others


def first_answers():
    """Seconds from the command to the first answer of each of some servers."""
    for _ in range(STARTS):
        server, _, seconds = started()
        server.kill()
        yield seconds


def rows(picture):
    """From what, to what, in the median, at most."""
    seconds = list(first_answers())
    yield "`huepress serve`", "its first answer", f"{statistics.median(seconds):.2f} s", f"{max(seconds):.2f} s"
    server, address, _ = started()
    try:
        found = releases(address, picture)
    finally:
        server.kill()
    for colors, times in zip(("16 colours", "8 to 24 colours"), found, strict=True):
        for name, values in zip(("new pixels", "the file"), zip(*times, strict=True), strict=True):
            yield f"release at {colors}", name, f"{statistics.median(values):.0f} ms", f"{max(values):.0f} ms"


def main():
    """Print the figures; with --write, publish them."""
    parser = parser_of(__doc__)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    with Image.open(options.picture) as image:
        size = f"## {options.picture.name}, {image.width} x {image.height}"
    publish("The speed of the page", ABOUT, f"{size}\n\n{markdown(HEAD, rows(options.picture))}", options.write)


if __name__ == "__main__":
    main()
