"""The server under load: requests at once, slow and broken clients, damaged uploads. It stays up, in bounded memory."""

import random
import re
import socket
import threading
from pathlib import Path

import pytest
from PIL import Image

from samples import saved
from web_server import Client, started

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux")


@pytest.fixture(scope="module")
def server():
    """A process of its own, whose memory can be told."""
    with started() as (child, port, _):
        client = Client(port)
        client.pid = child.pid
        yield client


def memory(server):
    """Resident bytes of the server."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return 1024 * int(re.search(r"VmRSS:\s+([0-9]+)", status)[1])


def files(photograph):
    with Image.open(photograph) as image:
        small = image.resize((160, 107))
    for format in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"):
        yield saved(small, format)


def damaged(sound, number):
    """A file with some bytes changed, and often an early end."""
    chance = random.Random(number)
    data = bytearray(sound[number % len(sound)])
    for _ in range(chance.randint(1, 30)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data[: chance.randrange(8, len(data))]) if number % 2 else bytes(data)


def test_a_thousand_damaged_uploads(server, photograph):
    sound = list(files(photograph))
    statuses = set()
    for number in range(1000):
        statuses.add(server.add(damaged(sound, number)).status)
        if number == 250:
            early = memory(server)
    assert statuses == {201, 422}  # some survive the damage
    assert memory(server) - early < 200_000_000  # the cache's share: 600 pictures of 0.3 MB, and their judges
    assert server.ask("/").status == 200


def test_slow_readers_share_what_they_read(server):
    noise = Image.frombytes("RGB", (1500, 1500), random.Random(0).randbytes(1500 * 1500 * 3))
    path = f"/api/pictures/{server.add(saved(noise, 'PNG')).json['id']}/original"
    size, before = len(server.ask(path).body), memory(server)
    slow = [server.connect() for _ in range(60)]
    for connection in slow:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for connection in slow:
        connection.recv(100)
    assert memory(server) - before < 10 * size
    for connection in slow:
        connection.close()


def test_two_hundred_at_once_beside_slow_and_broken_clients(server, photograph):
    identity = server.add(photograph.read_bytes()).json["id"]
    path = f"/api/pictures/{identity}"
    slow = [server.connect() for _ in range(50)]
    for number, connection in enumerate(slow):
        start = b"POST /api/pictures HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"\xff\xd8\xff"
        connection.sendall(start[: 20 + number] if number % 2 else start)
    answers = []

    def ask(number):
        kinds = (f"{path}/result?k={2 + number % 9}&draft=true", path, f"{path}/convergence?k=3", "/")
        answers.append(server.ask(kinds[number % 4]).status)
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            broken.sendall(f"GET {path}/result?k={number % 200 + 1} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in slow:
        connection.close()
    assert set(answers) <= {200, 503}
    assert answers.count(200) >= 150
    assert memory(server) < 1_500_000_000
    assert server.ask(f"{path}/result?k=2").status == 200
