"""Written animations, read back by Pillow, which composites them by itself."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

import huepress
from animations import DURATIONS, decoded_frames, film, gif_file, same_frames, saved_frames, sprite
from huepress import _native
from huepress.animation import Animation, read_whole
from huepress.animation.color_table import ColorTable
from huepress.animation.indexed import IndexedAnimation
from huepress.palette import Palette
from samples import P3_PRIMARIES, rgb_profile

FORMATS = ("gif", "png", "webp")
LOOPS = {"gif": 2, "png": 3, "webp": 3}  # of three plays, as Pillow tells them


def animation(frames, durations=None, plays=3):
    """An animation that is not a file."""
    height, width = frames[0].shape[:2]
    durations = tuple(map(float, durations or itertools.islice(itertools.cycle(DURATIONS), len(frames))))
    return Animation("made", "GIF", width, height, durations, plays, 1, _open=lambda: iter(frames))


def random_frames(seed, count=5, size=(7, 9), colors=5):
    """Frames of which a random part changes, all colours possible everywhere, transparent ones too."""
    rng = np.random.default_rng(seed)
    table = np.vstack([np.zeros((1, 4), int), np.pad(rng.integers(0, 256, (colors - 1, 3)), ((0, 0), (0, 1)),
                                                     constant_values=255)]).astype(np.uint8)  # fmt: skip
    indices, frames = rng.integers(0, colors, size), []
    for _ in range(count):
        changed = rng.random(size) < rng.choice([0, 0.05, 0.5, 1])
        indices = np.where(changed, rng.integers(0, colors, size), indices)
        frames.append(table[indices])
    return frames


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("source", ["gif 0", "gif 1", "gif 2", "gif 3", "png", "webp"])
@pytest.mark.parametrize("k", [2, 9, 256])
def test_a_file_shows_what_the_result_says(format, source, k):
    kind, *disposal = source.split()
    options = {"disposal": int(disposal[0])} if disposal else {}
    q = huepress.quantize(saved_frames(sprite(), kind.upper(), **options), k=k)
    assert isinstance(q, IndexedAnimation)
    frames, durations, loop = decoded_frames(q.encode(format))
    assert same_frames(frames, q.frames())
    assert durations == list(q.durations) == list(DURATIONS[:6])
    assert loop == LOOPS[format] + (kind == "gif")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("seed", range(12))
def test_random_animations_are_exact(format, seed):
    frames = random_frames(seed)
    q = huepress.quantize(animation(frames), k=16)
    assert q.mse == 0
    assert same_frames(decoded_frames(q.encode(format))[0], frames)


@pytest.mark.parametrize("format", ["png", "webp"])
def test_partial_transparency_is_exact(format):
    frames = random_frames(3, colors=9)
    for number, frame in enumerate(frames):
        frame[1:4, number : number + 3, 3] = np.where(frame[1:4, number : number + 3, 3] > 0, 90 + 20 * number, 0)
    q = huepress.quantize(animation(frames), k=64)
    assert q.mse == 0
    assert same_frames(decoded_frames(q.encode(format))[0], frames)


@pytest.mark.parametrize("format", FORMATS)
def test_256_opaque_colors_leave_no_room_for_transparency(format):
    colors = np.dstack(np.meshgrid(np.arange(16) * 17, np.arange(16) * 17)).astype(np.uint8)
    first = np.dstack([colors, np.full((16, 16), 9, np.uint8)])
    second = np.roll(first, 3, axis=1)
    q = huepress.quantize(animation([first, second, second[::-1].copy()]), k=256)
    assert (q.mse, len(q.palette)) == (0, 256)
    assert same_frames(decoded_frames(q.encode(format))[0], q.frames())


@pytest.mark.parametrize("format", FORMATS)
def test_a_thousand_frames_of_one_pixel(format):
    frames = [np.full((1, 1, 3), 40 * (number % 5), np.uint8) for number in range(1000)]
    q = huepress.quantize(animation(frames, [30] * 1000), k=4)
    found, durations, _ = decoded_frames(q.encode(format))
    assert same_frames(found, q.frames())
    assert len(q) == 1000
    assert durations == [30] * 1000


@pytest.mark.parametrize("format", FORMATS)
def test_what_stands_still_costs_little(format):
    moving, still = film(8), [film(1)[0]] * 8
    size = {name: len(huepress.quantize(animation(frames), k=32).encode(format))
            for name, frames in (("still", still), ("moving", moving), ("one", still[:2]))}  # fmt: skip
    assert size["still"] < size["one"] + 6 * 80
    assert size["moving"] < 4 * size["one"]  # 8 times as much without cropping


def test_an_entry_stands_for_pixels_that_stay():
    table = ColorTable(Palette([[1, 2, 3], [4, 5, 6]]), binary=False)
    assert (table.transparent, table.colors[1:, 3].tolist()) == (0, [255, 255])
    assert ColorTable(Palette(np.arange(768).reshape(256, 3) % 251), binary=True).transparent is None
    own = ColorTable(Palette([[1, 2, 3, 255], [0, 0, 0, 0], [9, 9, 9, 90]]), binary=False)
    assert (own.transparent, own.samples.tolist()) == (0, [2, 0, 1])
    assert ColorTable(Palette([[1, 2, 3, 255], [0, 0, 0, 0], [9, 9, 9, 90]]), binary=True).samples.tolist() == [1, 0, 0]


def test_gif_makes_alpha_binary():
    frames = [np.full((4, 4, 4), (200, 10, 10, alpha), np.uint8) for alpha in (255, 200, 90, 140)]
    found, _, _ = decoded_frames(huepress.quantize(animation(frames), k=8).encode("gif"))
    assert [int(frame[0, 0, 3]) for frame in found] == [255, 255, 0, 255]


@pytest.mark.parametrize("dither", [0.0, 0.8])
def test_a_pixel_that_does_not_change_keeps_its_index(dither):
    frames = film(6)
    found = list(huepress.quantize(animation(frames), k=12, dither=dither).indices())
    for (before, after), (old, new) in zip(itertools.pairwise(frames), itertools.pairwise(found), strict=True):
        unchanged = (before == after).all(axis=2)
        assert 0.2 < unchanged.mean() < 0.95
        assert np.array_equal(old[unchanged], new[unchanged])


def test_counts_and_mse_are_of_all_frames():
    frames = [frame[..., :3] for frame in film(4)]
    for dither in (0.0, 0.5):
        q = huepress.quantize(animation(frames), k=20, dither=dither)
        results = list(q.frames())
        squares = [((a.astype(int) - b) ** 2).sum(axis=2).mean() for a, b in zip(frames, results, strict=True)]
        assert q.mse == pytest.approx(np.mean(squares), rel=1e-12)
        counted = sum(np.bincount(indices.reshape(-1), minlength=len(q.palette)) for indices in q.indices())
        assert q.palette.counts.tolist() == counted.tolist()


def test_durations_are_rounded_without_drift():
    frames = [np.full((1, 1, 3), 8 * number, np.uint8) for number in range(30)]
    q = huepress.quantize(animation(frames, [33 + 1 / 3] * 30), k=8)
    _, durations, _ = decoded_frames(q.encode("gif"))
    assert (sum(durations), set(durations)) == (1000, {30, 40})
    assert sum(decoded_frames(q.encode("webp"))[1]) == 1000
    assert read_whole(q.encode("png")).durations == pytest.approx([33 + 1 / 3] * 30, abs=1e-12)


def test_short_durations_stay_what_browsers_take_them_for():
    frames = [np.full((1, 1, 3), 9 * number, np.uint8) for number in range(4)]
    _, durations, _ = decoded_frames(huepress.quantize(animation(frames, [11, 11, 4, 700_000]), k=8).encode("gif"))
    assert durations == [20, 20, 10, 655_350]  # the longest that GIF knows


@pytest.mark.parametrize(("plays", "loops"), [(0, (0, 0, 0)), (1, (None, 1, 1)), (65536, (65535, 65536, 0)),
                                              (2**31, (0, 0, 0))])  # fmt: skip
def test_what_a_format_cannot_count_plays_forever(plays, loops):
    q = huepress.quantize(animation(random_frames(1), plays=plays), k=8)
    for format, loop in zip(FORMATS, loops, strict=True):
        assert decoded_frames(q.encode(format))[2] == loop


@pytest.mark.parametrize("k", [2, 3, 5, 17, 256])
def test_lzw_codes_are_what_pillow_decodes(k):
    rng = np.random.default_rng(k)
    for shape, part in (((1, 1), 1), ((90, 130), 1), ((90, 130), 0.02)):
        indices = np.where(rng.random(shape) < part, rng.integers(0, k, shape), 0).astype(np.uint8)
        frames = [np.eye(256, dtype=np.uint8)[:, :3][indices] * 0 + indices[..., np.newaxis]] * 2
        frames[1] = frames[1][::-1].copy()
        q = huepress.quantize(animation(frames), k=256)
        assert same_frames(decoded_frames(q.encode("gif"))[0], frames)


def test_lzw_checks_what_it_is_given():
    good = np.zeros((2, 2), np.uint8)
    for indices, size, options in ((good + 4, 2, {}), (good, 9, {}), (good[:0], 2, {}), (good, 2, {"transparent": 4}),
                                   (good, 2, {"states": good[:1]})):  # fmt: skip
        with pytest.raises(ValueError, match=r"indices|code size|states"):
            _native.lzw(indices, size, **options)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_lzw_ends_whatever_the_palette(value):
    shape = 20, 30
    lossy = _native.Lossy(
        np.zeros((3, *shape), np.int16), np.ones(shape, np.float32), np.full((4, 3), value, np.float32), 0.45, 14.0,
    )  # fmt: skip
    symbols, codes = _native.lzw(np.zeros(shape, np.uint8), 2, lossy=lossy)
    assert symbols.max() < 4
    assert 0 < len(codes) <= 2 * symbols.size + 64


def test_lzw_takes_no_codes_for_errors_that_every_entry_makes():
    """Only nearest entries are worth their errors here: their codes are those of these entries without a loss."""
    features = np.random.default_rng(0).integers(0, 400, (3, 40, 60)).astype(np.int16)
    palette = np.array([[0, 0, 0], [401, 7, 0], [0, 397, 3], [5, 0, 404]], np.float32)  # no two as near
    distances = ((features[..., np.newaxis] - palette.T[:, np.newaxis, np.newaxis]) ** 2).sum(axis=0)
    nearest = distances.argmin(axis=-1).astype(np.uint8)
    nothing = np.zeros(nearest.shape, np.uint8)
    lossy = _native.Lossy(features, np.full(nearest.shape, 100, np.float32), palette, 0.0, 14.0)
    symbols, codes = _native.lzw(nothing, 2, lossy=lossy)
    assert np.array_equal(symbols, nearest)
    assert bytes(codes) == bytes(_native.lzw(nearest, 2)[1])


def test_save_goes_by_the_suffix_else_by_the_source(tmp_path):
    q = huepress.quantize(saved_frames(sprite(), "WEBP"), k=4)
    for name, format in (("a.gif", "GIF"), ("a.png", "PNG"), ("a.webp", "WEBP"), ("a", "WEBP")):
        q.save(tmp_path / name)
        with Image.open(tmp_path / name) as image:
            assert (image.format, image.n_frames) == (format, 6)
    with pytest.raises(ValueError, match="jpeg"):
        q.encode("jpeg")


def test_metadata_survive():
    xmp = b"<x:xmpmeta>as long as the header of a frame</x:xmpmeta>"
    found = read_whole(saved_frames(sprite(), "WEBP", xmp=xmp), keep_metadata=True)
    assert (found.metadata.xmp, len(found)) == (xmp, 6)
    with Image.open(io.BytesIO(huepress.quantize(found, k=8).encode("webp"))) as image:
        assert (image.info["xmp"], image.n_frames) == (xmp, 6)


def test_the_header_of_a_webp_says_what_is_there():
    """As RFC 9649 wants it, section 2.7.1; odd lengths are padded."""
    profile = rgb_profile(P3_PRIMARIES, 2.2)
    source = saved_frames(
        sprite(), "WEBP", icc_profile=profile + bytes(1 - len(profile) % 2), xmp=b"odd", exif=b"Exif\0\0"
    )
    kept = read_whole(source, keep_profile=True, keep_metadata=True)
    for found, flags in ((kept, 0x20 | 0x10 | 0x04 | 0x02), (read_whole(source), 0x10 | 0x02)):
        data = huepress.quantize(found, k=8).encode("webp")
        assert (data[12:16], data[20]) == (b"VP8X", flags)
        assert same_frames(decoded_frames(data)[0], huepress.quantize(found, k=8).frames())


def test_frames_of_a_webp_are_as_large_as_they_say():
    """As libwebp does not mind: of 14 bits each in the header of VP8L (RFC 9649), of 24 bits in that of the frame."""
    data = huepress.quantize(animation(random_frames(2, size=(15, 21))), k=8).encode("webp")
    starts = [start for start in range(len(data)) if data.startswith(b"ANMF", start)]
    assert len(starts) == 5
    for start in starts:
        told = [int.from_bytes(data[start + 14 + at : start + 17 + at], "little") for at in (0, 3)]
        bits = int.from_bytes(data[start + 33 : start + 37], "little")
        assert data[start + 24 : start + 28] + data[start + 32 : start + 33] == b"VP8L\x2f"
        assert told == [bits & 0x3FFF, bits >> 14 & 0x3FFF]


def test_a_gif_without_loops_plays_once():
    frame = (0, 0, [[0]], 1, 10, None)
    q = huepress.quantize(gif_file((1, 1), [frame, (0, 0, [[1]], 1, 10, None)]), k=2)
    assert (q.plays, decoded_frames(q.encode("gif"))[2]) == (1, None)
