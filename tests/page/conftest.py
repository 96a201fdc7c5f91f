import os
import subprocess
import sys
from pathlib import Path

import pytest

CHROMIUM = os.environ.get("CHROMIUM")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    here = str(Path(__file__).parent)
    for item in items:
        if not CHROMIUM and str(item.path).startswith(here):
            item.add_marker(pytest.mark.skip(reason="needs a browser and Schemathesis: make test-page"))


@pytest.fixture(scope="session")
def address():
    """Where `huepress serve` says that it is."""
    command = [sys.executable, "-m", "huepress", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().split()[3]
        finally:
            server.kill()


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, with a new profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*FLAGS])
        yield browser
        browser.close()


class Watched:
    """A page whose console, errors and requests are written down."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.complaints, self.requests = [], []
        page.on(
            "console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text)
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def check(self):
        assert self.complaints == []
        elsewhere = [url for url in self.requests if not url.startswith((self.address, f"blob:{self.address}"))]
        assert elsewhere == []


@pytest.fixture
def opened(browser, address):
    """Opens the page in a new context; at the end nothing may have been complained of or asked elsewhere."""
    contexts, watched = [], []

    def opening(**options):
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        watched.append(Watched(page, address))
        page.goto(address)
        return page

    yield opening
    for one in watched:
        one.check()
    for context in contexts:
        context.close()


@pytest.fixture
def page(opened):
    return opened()
