"""`huepress serve`: a page on this machine to try everything on."""

import secrets
import socket
import threading
import warnings
import webbrowser
from typing import Any, Final
from urllib.parse import quote

import click

from huepress.commands.options import FILLED, HELP_NAMES, PIXELS, PORT
from huepress.exit_codes import bad_option
from huepress.extras import require
from huepress.sentences import say

_LOCAL: Final = ("127.0.0.1", "localhost", "::1")
_PORT: Final = 8642
_WAITING_CONNECTIONS: Final = 1024


@click.command(context_settings=HELP_NAMES)
@click.option("--port", type=PORT, default=_PORT, show_default=True, help="0: any free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--host",
    type=FILLED,
    default="127.0.0.1",
    show_default=True,
    help="Beyond this machine (0.0.0.0) a token is needed.",
)
@click.option(
    "--token", type=FILLED, help="What every request must bring (default: none on this machine, else a new one)."
)
@click.option("--max-pixels", type=PIXELS, default="50MP", show_default=True, help="Refuse larger pictures.")
def serve(port: int, open_browser: bool, host: str, token: str | None, max_pixels: int) -> None:
    """Serve a page on this machine: drop a picture, move a slider, look, download. Ctrl+C ends it."""
    uvicorn = require("uvicorn", extra="web")
    require("starlette", extra="web")
    from huepress.web.app import application
    from huepress.web.limits import Limits

    warnings.filterwarnings("ignore", category=UserWarning)  # the page tells what the library warns programs of
    is_local = host in _LOCAL
    token = token or (None if is_local else secrets.token_urlsafe(16))
    with _listening(host, port) as listener:
        address = _address(host, listener.getsockname()[1], token)
        server = uvicorn.Server(
            uvicorn.Config(
                application(token=token, limits=Limits(pixels=max_pixels)),
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                ws="none",
                timeout_graceful_shutdown=2,
            )
        )
        click.echo(f"huepress is at {address} (Ctrl+C ends it)")
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        _run(server, listener)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_WAITING_CONNECTIONS)
    except OSError as error:
        listener.close()
        message = f"cannot listen on {host}, port {port} ({error.strerror or error}); --port 0 takes a free one"
        raise bad_option(message) from error
    return listener


def _address(host: str, port: int, token: str | None) -> str:
    """What to open: another machine's user puts the name of this one in place of 0.0.0.0."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={quote(token)}" if token else "")


def _run(server: Any, listener: socket.socket) -> None:
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:  # how it is meant to end
        say("stopped")
