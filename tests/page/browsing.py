"""What a test does on the page."""

import base64
from contextlib import contextmanager

SHOWN = '#stage[data-shown]:not([data-shown$="&draft"])[aria-busy="false"]'


def drop(page, *paths):
    """Drop files on the page, as a hand would."""
    data = page.evaluate_handle("() => new DataTransfer()")
    for path in paths:
        page.evaluate(
            "([data, text, name]) =>"
            " data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name))",
            [data, base64.b64encode(path.read_bytes()).decode(), path.name],
        )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("body", event, {"dataTransfer": data})


def shown(page):
    """Wait until a result is there that is no draft; returns the hash that the server told."""
    page.wait_for_selector(SHOWN)
    return page.get_attribute("#stage", "data-sha256")


@contextmanager
def another_result(page):
    """The block changes what is wanted: wait until it is shown."""
    # As the next one may have the same name.
    page.evaluate("() => document.getElementById('stage').removeAttribute('data-shown')")
    yield
    shown(page)
