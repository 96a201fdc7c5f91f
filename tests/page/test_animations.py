"""Animations in Chromium's decoder: what it shows of a file that was written, and of files that others made."""

import base64
import itertools

import numpy as np
import pytest

import huepress
from animations import film, gif_file, same_frames, saved_frames, sprite
from huepress.animation import Animation
from huepress.errors import ReadError
from test_animation import GOOD, apng
from test_encode_animation import animation, random_frames

FORMATS = ("gif", "png", "webp")
DECODE = """async ([text, type]) => {
  const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const settings = {data, type, preferAnimation: true, premultiplyAlpha: "none", colorSpaceConversion: "none"};
  const decoder = new ImageDecoder(settings);
  await decoder.tracks.ready;
  await decoder.completed;
  const track = decoder.tracks.selectedTrack;
  const frames = [];
  for (let frameIndex = 0; frameIndex < track.frameCount; ++frameIndex) {
    const {image} = await decoder.decode({frameIndex});
    const {codedWidth: width, codedHeight: height, duration} = image;
    const pixels = new Uint8Array(4 * width * height);
    await image.copyTo(pixels, {rect: {x: 0, y: 0, width, height}, format: "RGBA"});
    image.close();
    let letters = "";
    for (let start = 0; start < pixels.length; start += 8192)
      letters += String.fromCharCode(...pixels.subarray(start, start + 8192));
    frames.push({width, height, duration, pixels: btoa(letters)});
  }
  return {frames, repetitions: track.repetitionCount === Infinity ? 0 : track.repetitionCount + 1};
}"""


@pytest.fixture(scope="module")
def decoded(browser, address):
    """Decodes a file: frames (H, W, 4), durations in milliseconds, plays (0: forever)."""
    page = browser.new_page()
    page.goto(address)  # decoders are there only where the page comes from a safe place

    def decoding(data, format):
        told = page.evaluate(DECODE, [base64.b64encode(data).decode(), f"image/{format}"])
        frames = [
            np.frombuffer(base64.b64decode(frame["pixels"]), np.uint8).reshape(frame["height"], frame["width"], 4)
            for frame in told["frames"]
        ]
        return frames, [(frame["duration"] or 0) / 1000 for frame in told["frames"]], told["repetitions"]

    yield decoding
    page.close()


def cleared_frames():
    """A square that comes and goes: what becomes transparent again has to be cleared."""
    frames = np.zeros((6, 9, 9, 4), np.uint8)
    for number, frame in enumerate(frames):
        frame[number : number + 4, 2:7] = (200, 30 * number, 9, 255)
    return list(frames)


SOURCES = {
    "transparent": sprite(),
    "opaque": sprite(background=(40, 80, 120, 255)),
    "many colours": film(),
    "many colours and alpha": film(alpha=True),
    "cleared": cleared_frames(),
    "still": film(1) * 3,
    "one pixel": random_frames(2, 7, (1, 1)),
    "a thousand": [np.full((1, 1, 3), 40 * (number % 5), np.uint8) for number in range(1000)],
    **{f"random {seed}": random_frames(seed) for seed in range(5)},
}
PRESSES = {
    "quantize": lambda source, format: huepress.quantize(source, k=16).encode(format),
    "dithered": lambda source, format: huepress.quantize(source, k=16, dither=1).encode(format),
    "compress": lambda source, format: huepress.compress(source, format=format).data,
    "quality": lambda source, format: huepress.compress(source, format=format, quality=50).data,
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("press", PRESSES)
@pytest.mark.parametrize("source", SOURCES)
def test_chromium_shows_what_was_written(decoded, source, press, format):
    if source == "a thousand" and press != "quantize":
        pytest.skip("its frames are nothing but colours that are there")
    made = animation(SOURCES[source], [40] * len(SOURCES[source]))
    data = PRESSES[press](made, format)
    said = huepress.read_whole(data)
    frames, durations, plays = decoded(data, format)
    assert same_frames(frames, said.frames())
    assert durations == list(said.durations) == [40] * len(made)
    assert plays == said.plays == 3
    if press == "quantize":
        assert same_frames(frames, huepress.quantize(made, k=16).frames())


@pytest.mark.parametrize("format", FORMATS)
def test_one_frame_is_a_still_picture(decoded, format):
    q = huepress.quantize(saved_frames(sprite(1), "PNG"), k=9)
    frames, _, _ = decoded(q.encode(format), format)
    assert same_frames(frames, [q.to_array()])


# -- what others made --------------------------------------------------------------------------------------------------


def gif_frames(*disposals):
    """Partial frames with these disposals, some transparent, some beyond the canvas."""
    square = np.array([[0, 1, 2], [3, 0, 1]])
    places = itertools.cycle([(0, 0), (1, 1), (3, 2), (2, 0), (9, 9)])
    last = ((0, 0, [[2]], 1, 10, None),)
    frames = [(*next(places), square, disposal, 10, 0 if number % 2 else None)
              for number, disposal in enumerate(disposals)]  # fmt: skip
    return (*frames, *last)


FILES = {
    **{f"disposal {d}": (gif_file((5, 4), gif_frames(1, d, d, 1, d)), "gif") for d in range(8)},
    "mixed disposals": (gif_file((5, 4), gif_frames(3, 2, 0, 1, 3, 2, 4, 2, 3)), "gif"),
    "first frame larger": (gif_file((1, 1), gif_frames(1, 1)), "gif"),
    "no duration": (gif_file((2, 2), [(0, 0, [[n]], 1, n, None) for n in range(4)]), "gif"),
    **{f"{n} loops": (gif_file((1, 1), gif_frames(1, 1), loops=n), "gif") for n in (0, 1, 65535)},
    "no trailer": (gif_file((1, 1), gif_frames(1, 1), trailer=b""), "gif"),
    "rubbish after it": (gif_file((1, 1), gif_frames(1, 1), trailer=b";rubbish"), "gif"),
    **{
        f"apng disposal {disposal} blend {blend}": (
            saved_frames(sprite(), "PNG", disposal=disposal, blend=blend),
            "png",
        )
        for disposal in range(3)
        for blend in range(2)
    },
    "apng by hand": (apng([GOOD, GOOD, GOOD], plays=1000), "png"),
    "apng, fewer counted": (apng([GOOD, GOOD, GOOD], counted=2), "png"),
    "apng, no duration": (saved_frames(sprite(3), "PNG", durations=(0, 0, 0)), "png"),
    "webp": (saved_frames(sprite(), "WEBP"), "webp"),
    "webp of many colours": (saved_frames(film(alpha=True), "WEBP"), "webp"),
    "webp, no duration": (saved_frames(sprite(3), "WEBP", durations=(0, 0, 0)), "webp"),
    "webp, most loops": (saved_frames(sprite(3), "WEBP", loop=65535), "webp"),
}


def shown(duration):
    """Chromium plays frames of at most 10 milliseconds for 100, whatever the format."""
    return duration if duration > 10 else 100


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_as_chromium_reads_them(decoded, name):
    data, format = FILES[name]
    said = huepress.read_whole(data)
    assert isinstance(said, Animation)
    frames, durations, plays = decoded(data, format)
    assert same_frames(said.frames(), frames)
    assert list(map(shown, said.durations)) == list(map(shown, durations))
    assert said.plays == plays


@pytest.mark.parametrize("seed", range(20))
def test_random_gifs_are_read_as_chromium_reads_them(decoded, seed):
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(8):
        left, top, width, height = rng.integers((0, 0, 1, 1), (6, 6, 7, 7)).tolist()
        transparent = rng.choice([None, 0, 3])
        frames.append((left, top, rng.integers(0, 4, (height, width)), int(rng.integers(0, 8)), 5, transparent))
    data = gif_file((6, 6), frames)
    assert same_frames(huepress.read_whole(data).frames(), decoded(data, "gif")[0])


def test_what_is_refused_is_torn_in_chromium_too(decoded):
    """Chromium shows the frames before a torn one; a result that lacks the rest would not play as its source."""
    frames = [(0, 0, [[n % 4] * 40] * 40, 1, 10, None) for n in range(3)]
    data = gif_file((40, 40), frames, trailer=b"")[:-500]
    with pytest.raises(ReadError, match="frame 3 ends early"):
        huepress.read_whole(data)
    with pytest.raises(Exception, match="frame index 2"):
        decoded(data, "gif")
