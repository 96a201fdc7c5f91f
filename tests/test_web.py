import gc
import hashlib
import re
import shlex
import signal
import socket
import sys
import threading
import time
import warnings
import weakref
import zlib

import numpy as np
import pytest
from PIL import Image

import huepress
from animations import clean
from faults import heed_interrupts
from huepress.curve import Elbow
from huepress.web.charts import elbow_chart
from huepress.web.limits import Limits
from huepress.web.originals import Original
from huepress.web.results import Options, press
from runner import run
from samples import decoded, gradient, png_of, saved
from web_server import Client, serving, started


def png(pixels):
    return saved(pixels, "PNG")


def noisy(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


PICTURES = {
    "opaque": png(gradient(60, 50)[..., :3].copy()),
    "with alpha": png(gradient(60, 50)),
    "pixel": png(noisy(1, 1)),
}


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client


@pytest.fixture(scope="module")
def picture(client):
    return f"/api/pictures/{client.add(PICTURES['opaque']).json['id']}"


# --- what it does ---------------------------------------------------------------------------------------------------


def test_a_picture_is_described(client):
    data = PICTURES["opaque"]
    answer = client.add(data)
    assert answer.status == 201
    assert answer.json == {
        "id": hashlib.sha256(data).hexdigest(), "width": 60, "height": 50, "bytes": len(data), "format": "PNG",
        "alpha": False, "frames": 1, "colors": len(np.unique(decoded(data).reshape(-1, 4), axis=0)),
    }  # fmt: skip
    assert client.ask(answer.headers["location"]).json == answer.json


@pytest.mark.parametrize("name", PICTURES)
def test_the_original_is_shown_exactly(client, name):
    identity = client.add(PICTURES[name]).json["id"]
    shown = client.ask(f"/api/pictures/{identity}/original")
    expected = decoded(PICTURES[name]).copy()
    expected[expected[..., 3] == 0] = 0
    np.testing.assert_array_equal(decoded(shown.body), expected)


@pytest.mark.parametrize(
    "query",
    ["k=4", "k=4&format=webp", "k=3&format=gif", "k=5&dither=0.5", "k=4&draft=true",
     "quality=50", "max_bytes=900&k=20", "k=4&fixed=%23d40000&fixed=%23ffffff"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["opaque", "with alpha"])
def test_the_file_is_what_is_told(client, name, query):
    identity = client.add(PICTURES[name]).json["id"]
    told = client.ask(f"/api/pictures/{identity}/result?{query}").json
    file = client.ask(told["file"])
    assert hashlib.sha256(file.body).hexdigest() == told["sha256"]
    assert file.headers["content-type"] == f"image/{told['format']}"
    assert len(file.body) == told["bytes"]
    assert told["saved"] == pytest.approx(1 - told["bytes"] / len(PICTURES[name]))
    used = {
        "#" + bytes(color).hex().removesuffix("ff")
        for color in np.unique(clean(decoded(file.body)).reshape(-1, 4), axis=0)
    }
    palette = {entry["color"]: entry for entry in told["palette"]}
    assert used <= set(palette)
    scores = huepress.compare(PICTURES[name], file.body)
    assert told["mse"] == pytest.approx(scores.mse)
    assert told["psnr"] == pytest.approx(scores.psnr)
    assert told["draft"] or told["ssimulacra2"] == pytest.approx(scores.ssimulacra2)
    assert scores.colors == sum(entry["count"] > 0 for entry in palette.values())
    assert sum(entry["count"] for entry in palette.values()) == 3000
    fixed = {color for color, entry in palette.items() if entry["fixed"]}
    assert fixed == ({"#d40000", "#ffffff"} if "fixed" in query else set())


@pytest.mark.parametrize(
    "query",
    ["k=4", "k=4&format=webp", "k=9&dither=0.55&format=gif",
     "quality=-40.25",
     "max_bytes=900&k=20", "k=4&fixed=%23d40000", "quality=-30&fixed=%23d40000"],
)  # fmt: skip
def test_the_command_that_is_told_writes_the_same_bytes(client, picture, query, tmp_path):
    told = client.ask(f"{picture}/result?{query}").json
    source, output = tmp_path / "photo.png", tmp_path / f"out.{told['format']}"
    source.write_bytes(PICTURES["opaque"])
    result = run(source, *shlex.split(told["arguments"]), "-o", output)
    assert result.exit_code == 0, result.output
    assert hashlib.sha256(output.read_bytes()).hexdigest() == told["sha256"]


@pytest.mark.parametrize("target", [None, -30.0])
def test_a_result_that_is_kept_does_not_keep_its_original(target):
    """Whose memory is counted, and bounded, by itself."""
    original = Original.of(PICTURES["with alpha"], Limits(), lambda: None)
    options = Options(4, (), target, None, 0.0, "png", draft=False)
    kept = press(original, options, None, lambda: None)
    pixels = weakref.ref(original.picture.pixels)
    del original
    gc.collect()
    assert pixels() is None
    assert kept.facts()["saved"] == 1 - len(kept.data) / len(PICTURES["with alpha"])


def test_of_an_animation_the_first_frame_is_pressed(client, tmp_path):
    frames = [Image.fromarray(noisy(20, 30, seed)) for seed in range(3)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    identity = client.add((tmp_path / "moving.gif").read_bytes()).json["id"]
    told = client.ask(f"/api/pictures/{identity}/result?k=5&format=webp").json
    assert told["saved"] is None  # a frame is not compared with a file of three
    output = tmp_path / "out.webp"
    run(tmp_path / "moving.gif", *shlex.split(told["arguments"]), "-o", output)
    assert hashlib.sha256(output.read_bytes()).hexdigest() == told["sha256"]


@pytest.mark.parametrize("name", ["opaque", "with alpha"])
@pytest.mark.parametrize("format", ["png", "gif"])
def test_a_draft_has_the_pixels_of_the_result(client, name, format):
    picture = f"/api/pictures/{client.add(PICTURES[name]).json['id']}/result?k=7&format={format}"
    draft, result = (client.ask(f"{picture}&draft={value}").json for value in ("true", "false"))
    np.testing.assert_array_equal(*(clean(decoded(client.ask(one["file"]).body)) for one in (draft, result)))
    assert draft["palette"] == result["palette"]
    assert (draft["draft"], draft["ssimulacra2"], result["draft"]) == (True, None, False)
    assert result["ssimulacra2"] == pytest.approx(
        huepress.compare(PICTURES[name], client.ask(result["file"]).body).ssimulacra2
    )


def test_out_of_reach_gives_the_nearest_and_says_so(client, picture):
    told = client.ask(f"{picture}/result?quality=99&k=3").json
    assert told["notice"].startswith("Quality 99 is out of reach")
    assert told["arguments"] is None
    assert client.ask(told["file"]).status == 200


def test_too_few_colors_for_alpha_are_told(client):
    identity = client.add(PICTURES["with alpha"]).json["id"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library says to programs
        told = client.ask(f"/api/pictures/{identity}/result?k=1").json
    assert "too few" in told["notice"]


def test_convergence_ends_at_the_result(client, picture):
    told = client.ask(f"{picture}/convergence?k=4").json
    assert [one["number"] for one in told["iterations"]] == list(range(len(told["iterations"])))
    final = {tuple(np.rint(center).astype(int)) for center in told["iterations"][-1]["centers"]}
    palette = client.ask(f"{picture}/result?k=4").json["palette"]
    assert final == {tuple(bytes.fromhex(entry["color"][1:])) for entry in palette}
    assert sum(cell[3] for cell in told["colors"]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("format", ["gpl", "hex", "ase", "act", "pal", "css", "json", "png"])
def test_palettes_are_exported(client, picture, format, tmp_path):
    told = client.ask(f"{picture}/result?k=4").json
    answer = client.ask(f"{told['file']}/palette?format={format}")
    assert answer.status == 200
    if format not in ("ase", "css"):
        path = tmp_path / f"palette.{format}"
        path.write_bytes(answer.body)
        assert list(huepress.load_palette(path).hex) == [entry["color"] for entry in told["palette"]]


def test_a_forgotten_picture_is_gone(client):
    path = client.add(png(noisy(5, 6))).headers["location"]
    assert client.ask(path, "DELETE").status == 204
    assert client.ask(path).status == client.ask(path, "DELETE").status == 404


def test_assets_are_asked_for_again_only_when_they_changed(client):
    answer = client.ask("/assets/main.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    again = client.ask("/assets/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_page_names_only_what_there_is(client):
    page = client.ask("/").body.decode()
    for name in set(re.findall(r'(?:src|href)="/([^"]+)"', page)):
        text = client.ask(f"/{name}")
        assert text.status == 200, name
        for module in re.findall(r'from "/([^"]+)"', text.body.decode()):
            assert client.ask(f"/{module}").status == 200, module
    assert "style=" not in page
    assert " on" not in {attribute[:3] for attribute in page.split("<")[1:]}


# --- what it refuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"", "empty"), (b"<script>alert(1)</script>", "no picture"), (PICTURES["opaque"][:200], "damaged"),
     (png_of((60_000, 60_000, 8, 2), zlib.compress(b"")), "over the limit"),
     (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"), (b"\0" * 999, "no picture")],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_a_sentence(client, data, word):
    answer = client.add(data)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert word in answer.json["detail"]
    assert "Traceback" not in answer.json["detail"]


@pytest.mark.parametrize(
    "query",
    ["k=0", "k=257", "k=4.5", "k=x", "k=1&k=2", "nix=1", "format=bmp", "dither=2", "draft=1",
     "quality=nan", "quality=101", "max_bytes=0", "fixed=red",
     "k=" + "9" * 5000])  # fmt: skip
def test_wrong_parameters_are_refused_in_a_sentence(client, picture, query):
    answer = client.ask(f"{picture}/result?{query}")
    assert answer.status == 422
    assert len(answer.json["detail"]) < 200


@pytest.mark.parametrize("query", ["", "&draft=true", "&quality=50"])
@pytest.mark.parametrize(("format", "width", "word"), [("webp", 16384, "WebP"), ("gif", 65536, "GIF")])
def test_what_a_format_does_not_hold_is_refused_in_a_sentence(client, format, width, word, query):
    name = client.add(png(noisy(1, width))).json["id"]
    answer = client.ask(f"/api/pictures/{name}/result?format={format}{query}")
    assert answer.status == 422
    assert answer.json["detail"].startswith(f"{word} holds at most")
    client.ask(f"/api/pictures/{name}", "DELETE")


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/assets/../app.py", "/assets/%2e%2e%2fapp.py", "/assets//etc/passwd",
     "/assets/index.html", "/nix", "/api/pictures/" + "0" * 64, "/api/results/..%2f.."],
)  # fmt: skip
def test_no_other_file_can_be_had(client, path):
    answer = client.ask(path)
    assert answer.status == 404
    assert b"import" not in answer.body


def test_methods_that_are_not_there(client):
    answer = client.ask("/api/pictures", "PUT")
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "0.0.0.0", "", "127.0.0.1@evil"]
)
def test_other_names_for_this_server_are_refused(client, host):
    assert client.ask("/", headers={"Host": host}).status in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:9000", "[::1]:80"])
def test_local_names_are_served(client, host):
    assert client.ask("/", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({}, 201),
    ],
)
def test_other_sites_cannot_send(client, headers, status):
    assert client.ask("/api/pictures", "POST", PICTURES["opaque"], headers).status == status


def test_a_link_from_elsewhere_opens_the_page(client):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.ask("/", headers=headers).status == 200
    assert client.ask("/openapi.json", headers=headers).status == 403


def test_every_answer_carries_the_policy(client, picture):
    for path in ("/", "/assets/main.js", picture, "/nix", f"{picture}/result?k=0"):
        headers = client.ask(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert "unsafe" not in headers["content-security-policy"]


def test_a_token_is_wanted_where_others_can_connect():
    with serving(token="s3cret") as client:
        assert client.ask("/").status == client.add(PICTURES["pixel"]).status == 401
        assert (
            client.ask("/?token=wrong").status
            == client.ask("/", headers={"Authorization": "Bearer wrong"}).status
            == 401
        )
        entered = client.ask("/?token=s3cret")
        assert (entered.status, entered.headers["location"]) == (303, "/")
        assert "HttpOnly" in entered.headers["set-cookie"]
        cookie = entered.headers["set-cookie"].partition(";")[0]
        elsewhere = {"Host": "192.168.1.9:8642"}
        page = client.ask("/", headers={"Cookie": cookie} | elsewhere).body
        assert b"this machine" not in page  # who reads it may sit at another
        assert b"Your pictures are sent to it, and no further." in page
        assert client.ask("/", headers={"Cookie": cookie} | elsewhere).status == 200
        assert client.ask("/", headers={"Authorization": "Bearer s3cret"} | elsewhere).status == 200
        assert client.ask("/", headers={"Cookie": cookie, "Origin": "http://evil.example"}).status == 403


# --- within bounds --------------------------------------------------------------------------------------------------


def test_uploads_are_bounded_in_size_and_number():
    limits = Limits(upload_bytes=100_000, incoming_bytes=150_000)
    with serving(limits=limits) as client:
        assert client.add(b"x" * 100_001).status == 413
        with client.connect() as slow:
            slow.sendall(
                b"POST /api/pictures HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + b"x" * 90_000
            )
            answers = [client.add(b"x" * 90_000).status for _ in range(3)]
            assert 503 in answers
        for _ in range(200):
            if client.add(PICTURES["opaque"]).status == 201:
                break
        else:
            pytest.fail("what the broken upload held was not given back")


def test_what_a_refused_upload_held_is_given_back_at_once():
    """Else uploads side by side, together too large, would all be refused."""

    def begun(connection, sent):
        connection.sendall(
            b"POST /api/pictures HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n" + bytes(sent)
        )
        time.sleep(0.3)  # until the server has them

    with serving(limits=Limits(incoming_bytes=100_000)) as client, client.connect() as one, client.connect() as other:
        begun(one, 60_000)
        begun(other, 35_000)
        other.sendall(bytes(10_000))  # too much for both, and the other is not done yet
        time.sleep(0.3)
        one.sendall(bytes(30_000))
        assert one.recv(999).startswith(b"HTTP/1.1 422")
        assert other.recv(999).startswith(b"HTTP/1.1 503")


def test_a_chunked_upload_is_bounded_too():
    with serving(limits=Limits(upload_bytes=1000)) as client:
        assert client.ask("/api/pictures", "POST", iter([b"x" * 400] * 5)).status == 413


@pytest.mark.parametrize("pieces", [5, 5000])
def test_who_sends_too_much_gets_the_answer(pieces):
    with serving(limits=Limits(upload_bytes=1000)) as client:
        answers = [client.ask("/api/pictures", "POST", iter([b"x" * 400] * pieces)) for _ in range(20)]
    assert [answer.status for answer in answers] == [413] * 20


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/pictures?name=a", {}, 422),
        ("/api/nothing", {}, 404),
        ("/openapi.json", {}, 405),
        ("/api/pictures", {"Origin": "http://evil.example"}, 403),
    ],
)
def test_who_is_refused_before_the_body_is_read_gets_the_answer(path, headers, status):
    with serving() as client:
        headers = {"Connection": "close", **headers}  # as urllib sends it
        answers = [client.ask(path, "POST", bytes(5_000_000), headers) for _ in range(10)]
    assert [answer.status for answer in answers] == [status] * 10


def test_who_waits_for_leave_is_refused_without_sending():
    with serving() as client, client.connect() as waiting:
        waiting.sendall(
            b"POST /api/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        )
        assert waiting.recv(999).startswith(b"HTTP/1.1 404")


def test_slow_uploads_end():
    with serving(limits=Limits(upload_seconds=0.3)) as client, client.connect() as slow:
        slow.sendall(b"POST /api/pictures HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx")
        assert slow.recv(999).startswith(b"HTTP/1.1 408")
        assert client.add(PICTURES["opaque"]).status == 201


def test_pictures_and_results_are_forgotten_in_turn():
    with serving(limits=Limits(picture_bytes=200_000, result_bytes=40_000)) as client:
        paths = [client.add(png(noisy(20, 20, seed))).headers["location"] for seed in range(9)]
        files = [client.ask(f"{path}/result?k=2").json for path in paths[-3:]]
        assert client.ask(paths[0]).status == 404
        assert client.ask(paths[-1]).status == 200
        assert client.ask(files[-1]["file"]).status == 200
        assert [client.ask(path).status for path in paths].count(200) < 9


def test_work_that_takes_too_long_ends():
    with serving(limits=Limits(work_seconds=0.001)) as client:
        answer = client.add(png(noisy(700, 700)))
        assert answer.status == 503
        assert "longer" in answer.json["detail"]


def test_many_requests_at_once(client, picture):
    statuses = []

    def ask(number):
        statuses.append(client.ask(f"{picture}/result?k={1 + number % 7}").status)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 60


def test_work_for_a_client_that_went_is_dropped(client):
    identity = client.add(png(noisy(300, 300))).json["id"]
    for _ in range(20):
        with client.connect() as gone:
            gone.sendall(f"GET /api/pictures/{identity}/result?quality=80 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert client.ask(f"/api/pictures/{identity}/result?k=2").status == 200


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_serve_says_where_it_is_and_ends_on_interrupt():
    with started(preexec_fn=heed_interrupts) as (child, port, path):
        assert path == "/"
        client = Client(port)
        assert b"<title>huepress</title>" in client.ask(path).body
        picture = client.add(PICTURES["with alpha"]).headers["location"]
        assert client.ask(f"{picture}/result?k=1").json["notice"]  # which the page shows, and the terminal need not
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
    assert (child.returncode, errors) == (0, "huepress: stopped\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_while_it_works_is_no_failure():
    with started(preexec_fn=heed_interrupts) as (child, port, _):
        client = Client(port)
        path = client.add(png(noisy(1800, 1800))).headers["location"]  # some seconds of work, with the target below
        with client.connect() as waiting:
            waiting.sendall(f"GET {path}/result?quality=60&dither=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(0.5)
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=60)
    assert child.returncode == 0
    assert "Traceback" not in errors
    assert errors.endswith("huepress: stopped\n")


def test_serve_beyond_this_machine_makes_a_token():
    with started("--host", "0.0.0.0") as (_, port, path):
        assert re.fullmatch(r"/\?token=\S{16,}", path)
        assert Client(port).ask("/").status == 401
        assert Client(port).ask(path).status == 303


@pytest.mark.parametrize("token", ["plain", 'a b&c;d#e"f%41+é', "鍵"])
def test_the_address_that_is_printed_brings_its_token(token):
    with started("--token", token) as (_, port, path):
        client = Client(port)
        cookie = client.ask(path).headers["set-cookie"].partition("; ")[0]
        assert client.ask("/", headers={"Cookie": cookie}).status == 200
        assert client.ask("/", headers={"Authorization": f"Bearer {token}".encode()}).status == 200


@pytest.mark.parametrize("other", ['a={"b":1}', "a[b]=1", "a b=c", "a"])
def test_cookies_of_other_servers_do_not_hide_the_token(other):
    """Cookies know no ports: a browser sends here what any other server of this machine has set."""
    with serving(token="s3cret") as client:
        cookie = client.ask("/?token=s3cret").headers["set-cookie"].partition("; ")[0]
        for sent in (f"{other}; {cookie}", f"{cookie}; {other}"):
            assert client.ask("/", headers={"Cookie": sent}).status == 200


def test_a_port_that_is_taken_is_told_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", taken.getsockname()[1])
    assert result.exit_code == 4
    assert "cannot listen on 127.0.0.1" in result.stderr


def test_k_is_at_least_the_number_of_fixed_colors(client, picture):
    told = client.ask(f"{picture}/result?k=1&fixed=%23d40000&fixed=%23FFFFFF&fixed=%23ffffff").json
    assert {entry["color"] for entry in told["palette"] if entry["fixed"]} == {"#d40000", "#ffffff"}
    assert "-k 2" in told["arguments"]


def test_the_knee_is_that_of_the_curve_that_is_shown(monkeypatch):
    original = Original.of(png(noisy(60, 80) // 16 * 16), Limits(), lambda: None)
    monkeypatch.setattr("huepress.web.charts.line_chart", lambda lines, **_: lines[0])
    line = elbow_chart(original, None)
    k, inertias = zip(*line.points, strict=True)
    assert line.labels.index("knee") == list(k).index(Elbow(k, inertias, (), "rgb").knee)
    assert max(k) < 256
