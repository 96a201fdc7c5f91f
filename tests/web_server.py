"""A server of the local page in a thread, and a client that speaks plain HTTP to it."""

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import NamedTuple

import pytest

uvicorn = pytest.importorskip("uvicorn", reason="needs the extra web: pip install 'huepress[web]'")
pytest.importorskip("starlette", reason="needs the extra web: pip install 'huepress[web]'")

from huepress.web.app import application  # noqa: E402


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, port):
        self.port = port

    def ask(self, path, method="GET", body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def add(self, data):
        return self.ask("/api/pictures", "POST", data, {"Content-Type": "application/octet-stream"})

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


@contextmanager
def started(*options, **more):
    """`huepress serve` in a process of its own, and the port and path of the address that it prints."""
    command = [sys.executable, "-m", "huepress", "serve", "--port", "0", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, **more) as child:
        try:
            said = child.stdout.readline()
            address = re.fullmatch(r"huepress is at http://[0-9.]+:([0-9]+)(/\S*) \(Ctrl\+C ends it\)\n", said)
            yield child, int(address[1]), address[2]
        finally:
            child.kill()


@contextmanager
def serving(**options):
    """A client of a server that runs until the block ends."""
    app = application(**options)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield Client(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
