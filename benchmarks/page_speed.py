"""How quick the local page is: from `huepress serve` to its first answer, and from a slider's release to new pixels.

    python benchmarks/page_speed.py PICTURE

Needs Chromium (CHROMIUM names it) and Playwright: `make test-page` installs both. The release is a `change` event of
the slider, once for each k from 8 to 24 but the 16 that the page opens with, so that nothing is at hand; the end is
the second animation frame after the new picture was decoded and put into the page. Drafts have the final pixels; the
file is there when it can be downloaded.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
SHOWN = '#stage[data-shown]:not([data-shown$="&draft"])[aria-busy="false"]'
KS = [k for k in range(8, 25) if k != 16]
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


def releases(address, picture):
    """(pixels, file) in milliseconds of each release."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.set_input_files("#files", picture)
        page.wait_for_selector(SHOWN)
        found = [page.evaluate(RELEASE, k - 1) for k in KS]
        browser.close()
    return found


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    seconds = []
    for _ in range(3):
        server, address, taken = started()
        seconds.append(taken)
        server.kill()
    print(f"first answer of huepress serve: {statistics.median(seconds):.2f} s in the median of {len(seconds)} starts")
    server, address, _ = started()
    try:
        found = releases(address, options.picture)
    finally:
        server.kill()
    for name, values in zip(("new pixels", "the file"), zip(*found, strict=True), strict=True):
        print(f"release to {name}: {statistics.median(values):.0f} ms in the median, {max(values):.0f} ms at most")


if __name__ == "__main__":
    main()
