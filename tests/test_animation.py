"""Reading animations: composited as Pillow does it, or, where Pillow strays, as browsers do."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import huepress
from animations import DURATIONS, clean, decoded_frames, film, gif_file, same_frames, saved_frames, sprite
from huepress.animation import Animation, default_format, read_whole
from huepress.errors import ReadError
from huepress.image import Picture
from samples import saved

RED, GREEN, BLUE, WHITE = ((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255))
NOTHING = (0, 0, 0, 0)


def frames_of(data):
    found = read_whole(data)
    assert isinstance(found, Animation)
    return list(map(clean, found.frames()))


@pytest.mark.parametrize("background", [NOTHING, (40, 80, 120, 255)])
@pytest.mark.parametrize(
    ("format", "options"),
    [
        *(("GIF", {"disposal": disposal}) for disposal in (0, 1, 2)),
        *(("PNG", {"disposal": disposal, "blend": blend}) for disposal in (0, 1) for blend in (0, 1)),
        ("PNG", {"disposal": 2, "blend": 0}),
        ("WEBP", {}),
    ],
)
def test_frames_durations_and_plays_are_those_of_pillow(format, options, background):
    data = saved_frames(sprite(background=background), format, **options)
    found = read_whole(data)
    frames, durations, loop = decoded_frames(data)
    assert (found.width, found.height, found.format, len(found)) == (48, 32, format, 6)
    assert same_frames(found.frames(), frames)
    assert same_frames(found.frames(), frames)  # as often as needed
    assert found.durations == tuple(map(float, durations)) == DURATIONS[:6]
    assert loop == 3
    assert found.plays == (4 if format == "GIF" else 3)  # GIF counts repetitions


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_what_has_one_frame_is_a_picture(format):
    one = saved_frames(sprite(1), format)
    assert isinstance(read_whole(one), Picture)
    many = saved_frames(sprite(), format)
    assert isinstance(read_whole(many, first_frame=True), Picture)
    assert np.array_equal(clean(read_whole(many, first_frame=True).pixels), clean(sprite()[0]))
    first = read_whole(read_whole(many), first_frame=True)
    assert (first.width, first.height, first.format, first.source_bytes) == (48, 32, format, len(many))
    assert np.array_equal(clean(first.pixels), clean(sprite()[0]))


def test_transparent_frames_of_a_film_are_read():
    data = saved_frames(film(alpha=True), "PNG")
    assert same_frames(frames_of(data), film(alpha=True))


def test_gif_disposals():
    square = [[0, 1], [2, 3]]
    for disposal, left in ((0, RED), (1, RED), (2, NOTHING), (3, BLUE), (4, BLUE)):
        data = gif_file((2, 2), [(0, 0, np.full((2, 2), 2), 1, 10, None), (0, 0, square, disposal, 10, None),
                                 (1, 1, [[1]], 1, 10, None)])  # fmt: skip
        frames = frames_of(data)
        assert tuple(frames[1][0, 0]) == RED
        assert tuple(frames[2][0, 0]) == left
        assert tuple(frames[2][1, 1]) == GREEN


def test_a_gif_begins_transparent_whatever_its_background():
    frames = frames_of(gif_file((3, 1), [(1, 0, [[2]], 1, 10, None), (2, 0, [[1, 0]], 1, 10, 0)]))
    assert [tuple(pixel) for pixel in frames[0][0]] == [NOTHING, BLUE, NOTHING]
    assert [tuple(pixel) for pixel in frames[1][0]] == [NOTHING, BLUE, GREEN]


@pytest.mark.parametrize("transparent", [None, 2])
def test_the_first_frame_of_a_gif_lies_on_nothing(transparent):
    drawn = (1, 2, [[0, 1, 2], [3, 0, 1]], 1, 10, transparent)
    expected = np.zeros((6, 5, 4), np.uint8)
    expected[2:4, 1:4] = [[RED, GREEN, BLUE], [WHITE, RED, GREEN]]
    if transparent is not None:
        expected[2, 3] = NOTHING
    for frames in ([drawn], [drawn, (0, 0, [[1]], 1, 10, None)]):
        data = gif_file((5, 6), frames)
        np.testing.assert_array_equal(huepress.read(data).pixels, expected)
        np.testing.assert_array_equal(read_whole(data, first_frame=True).pixels, expected)


def test_frames_outside_of_a_gif_are_clipped_but_the_first_enlarges_it():
    inside = (0, 0, [[2, 2], [2, 2]], 1, 10, None)
    frames = frames_of(gif_file((2, 2), [inside, (1, 1, [[1, 0], [0, 0]], 1, 10, None), (9, 9, [[0]], 1, 10, None)]))
    assert [frame.shape for frame in frames] == [(2, 2, 4)] * 3
    assert tuple(frames[1][1, 1]) == GREEN
    assert np.array_equal(frames[1], frames[2])
    assert read_whole(gif_file((1, 1), [inside, inside])).width == 2


def test_a_duration_of_zero_is_what_browsers_show():
    frame = (0, 0, [[0]], 1, 0, None)
    assert read_whole(gif_file((1, 1), [frame, (0, 0, [[1]], 1, 1, None)])).durations == (100, 10)
    zero = saved_frames(sprite(3), "PNG", durations=(0, 0, 0))
    assert read_whole(zero).durations == (100, 100, 100)


@pytest.mark.parametrize(("loops", "plays"), [(None, 1), (0, 0), (1, 2), (65535, 65536)])
def test_loops_of_a_gif(loops, plays):
    frame = (0, 0, [[0]], 1, 10, None)
    assert read_whole(gif_file((1, 1), [frame, frame], loops=loops)).plays == plays


def test_only_the_netscape_block_of_loops_is_one():
    """The application has another, which asks to wait until so many bytes are there."""
    frames = [(0, 0, [[0]], 1, 10, None)] * 2
    data = gif_file((1, 1), frames, loops=7).replace(b"NETSCAPE2.0\3\1", b"NETSCAPE2.0\5\2\0\0")
    assert read_whole(data).plays == 1


def test_interlaced_frames_of_a_gif():
    """Rows come in four passes (GIF89a, appendix E): every 8th, every 8th from 4 on, every 4th from 2, every 2nd."""
    indices = np.random.default_rng(0).integers(0, 4, (11, 5))
    rows = np.arange(11)
    order = np.concatenate([rows[::8], rows[4::8], rows[2::4], rows[1::2]])
    plain = gif_file((5, 11), [(0, 0, indices, 1, 10, None)] * 2)
    woven = gif_file((5, 11), [(0, 0, indices[order], 1, 10, None)] * 2)
    place = struct.pack("<BHHHH", 0x2C, 0, 0, 5, 11)
    woven = woven.replace(place + b"\0", place + b"\x40")
    assert same_frames(frames_of(woven), frames_of(plain))


def test_a_gif_may_end_after_any_whole_frame():
    frames = [(0, 0, [[n]], 1, 10, None) for n in range(3)]
    whole = gif_file((1, 1), frames, trailer=b"")
    for end in (b"", b"\0\0;", b";garbage", b"x,garbage", b"!\xfe\x05abc"):
        assert len(read_whole(whole + end)) == 3
    for cut in range(1, 8):
        with pytest.raises(ReadError, match="frame 3 ends early"):
            read_whole(whole[:-cut])


def test_damaged_codes_are_refused_with_the_number_of_the_frame():
    data = bytearray(saved_frames(film(), "GIF"))
    data[-30:-20] = b"\xff" * 10
    with pytest.raises(ReadError, match="frame 5"):
        list(read_whole(bytes(data)).frames())


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def apng(controls, plays=0, counted=None):
    """1 x 1 frames; controls: width, height, left, top, disposal, blend."""
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))]
    parts.append(chunk(b"acTL", struct.pack(">II", len(controls) if counted is None else counted, plays)))
    packed, sequence = zlib.compress(b"\0\x50"), 0
    for number, (*place, disposal, blend) in enumerate(controls):
        parts.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, *place, 1, 0, disposal, blend)))
        body = packed if not number else struct.pack(">I", sequence + 1) + packed
        parts.append(chunk(b"fdAT" if number else b"IDAT", body))
        sequence += 2 if number else 1
    return b"".join((*parts, chunk(b"IEND", b"")))


GOOD = (1, 1, 0, 0, 0, 0)


def test_apng_by_hand():
    found = read_whole(apng([GOOD, GOOD], plays=2_000_000_000))
    assert (found.durations, found.plays) == ((10, 10), 2_000_000_000)  # a denominator of 0 stands for 100
    assert len(read_whole(apng([GOOD, GOOD, GOOD], counted=2))) == 2
    assert isinstance(read_whole(apng([GOOD, GOOD], counted=1)), Picture)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_frames_have_no_colors_under_full_transparency(format):
    hidden = [np.where(np.arange(64)[:, np.newaxis] % 3 == 0, frame & [255, 255, 255, 0], frame).astype(np.uint8)
              for frame in film(height=64, alpha=True)]  # fmt: skip
    for blend in (0, 1):
        for disposal in (0, 1, 2):
            options = {"blend": blend, "disposal": disposal} if format != "WEBP" else {}
            for frame in read_whole(saved_frames(hidden, format, **options)).frames():
                assert not frame[frame[..., 3] == 0].any()


def test_the_one_frame_beside_a_default_image_is_what_browsers_show():
    hidden, shown = (np.full((2, 3, 3), level, np.uint8) for level in (50, 200))
    options = {"save_all": True, "append_images": [Image.fromarray(shown)], "default_image": True}
    data = saved(hidden, "PNG", **options)
    found = read_whole(data)
    assert isinstance(found, Picture)
    np.testing.assert_array_equal(found.pixels, shown)
    for wrong in (0, 1 << 31):  # no number of frames: it is no animation
        other = apng_counted(data, wrong)
        np.testing.assert_array_equal(read_whole(other).pixels, hidden)


def apng_counted(data, frames):
    start = data.index(b"acTL") - 4
    return data[:start] + chunk(b"acTL", struct.pack(">II", frames, 0)) + data[start + 20 :]


@pytest.mark.parametrize(
    ("control", "told"),
    [((2, 1, 0, 0, 0, 0), "outside"), ((1, 1, 1, 0, 0, 0), "outside"), ((0, 1, 0, 0, 0, 0), "outside"),
     ((1, 1, 0, 0, 3, 0), "operation"), ((1, 1, 0, 0, 0, 2), "operation")],
)  # fmt: skip
def test_a_wrong_frame_of_a_png_is_refused(control, told):
    with pytest.raises(ReadError, match=f"frame 2 .*{told}"):
        read_whole(apng([GOOD, control]))


def test_parts_out_of_order_are_refused():
    first, second = (chunk(b"fdAT", struct.pack(">I", number) + zlib.compress(b"\0\x50")) for number in (2, 3))
    data = apng([GOOD, GOOD])
    assert first in data
    data = data.replace(first, second)
    assert read_whole(data, first_frame=True).width == 1
    with pytest.raises(ReadError, match="frame 2 are out of order"):
        read_whole(data)


def test_the_profile_is_applied_to_all_frames():
    from samples import P3_PRIMARIES, rgb_profile

    options = {"icc_profile": rgb_profile(P3_PRIMARIES, 2.2)}
    still = saved(np.ascontiguousarray(film(2)[1][..., :3]), "PNG", **options)
    data = saved_frames([frame[..., :3].copy() for frame in film(2)], "PNG", blend=0, **options)
    second = list(read_whole(data).frames())[1]
    assert np.array_equal(second, read_whole(still).pixels)


def test_pages_are_refused_unless_the_first_is_wanted():
    pages = [Image.fromarray(frame) for frame in sprite(3, background=(0, 0, 0, 255))]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    with pytest.raises(ReadError, match="3 pages"):
        read_whole(data)
    assert read_whole(data, first_frame=True).width == 48
    assert read_whole(saved(pages[0], "TIFF")).width == 48


def test_limits_hold_for_the_canvas_and_for_all_frames_together():
    data = saved_frames(sprite(), "GIF")
    with pytest.raises(ReadError, match="1,000"):
        read_whole(data, max_pixels=1000)
    frame = (0, 0, [[0]], 1, 10, None)
    assert len(read_whole(gif_file((10_000, 5_000), [frame] * 2))) == 2
    assert len(read_whole(gif_file((10_000, 5_000), [frame] * 3), max_pixels=150_000_000)) == 3
    with pytest.raises(ReadError, match=r"3 frames of 10000 x 5000 pixels .* 100,000,000 .* \(max_pixels\)"):
        read_whole(gif_file((10_000, 5_000), [frame] * 3))
    bytes_enough = b"!\xfe" + (b"\xff" + b"a" * 255) * 4000 + b"\0;"
    assert len(read_whole(gif_file((10_000, 10_000), [frame] * 100, trailer=bytes_enough))) == 100
    with pytest.raises(ReadError, match="101 frames"):
        read_whole(gif_file((10_000, 10_000), [frame] * 101, trailer=bytes_enough))


@pytest.mark.parametrize("size", [(3, 2), (2000, 2500)])
def test_frames_are_the_same_each_time_and_cannot_be_changed(size):
    """Those of small animations are kept, those of large ones decoded again."""
    animation = read_whole(gif_file(size, [(0, 0, [[shade]], 1, 10, None) for shade in (0, 1)]))
    first, second = list(animation.frames()), list(animation.frames())
    assert [frame.tobytes() for frame in first] == [frame.tobytes() for frame in second]
    with pytest.raises(ValueError, match="read-only"):
        first[0][:] = 0


@pytest.mark.parametrize("first_frame", [False, True])
def test_frames_are_limited_in_number(first_frame):
    frame = gif_file((1, 1), [(0, 0, [[0]], 1, 10, None)], trailer=b"")
    start = frame.index(b"!\xf9")
    data = frame[:start] + 10_001 * frame[start:] + b";"
    if first_frame:
        assert read_whole(data, first_frame=True).width == 1
    else:
        with pytest.raises(ReadError, match="more than 10,000 frames"):
            read_whole(data)
        assert len(read_whole(frame[:start] + 10_000 * frame[start:])) == 10_000


def test_the_default_format_is_told_from_the_file(tmp_path):
    for format, suffix in (("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp")):
        one, many = (tmp_path / f"{name}.{suffix}" for name in ("one", "many"))
        one.write_bytes(saved_frames(sprite(1), format))
        many.write_bytes(saved_frames(sprite(), format))
        assert (default_format(str(one)), default_format(str(many))) == ("png", suffix)
    (tmp_path / "kept.webp").write_bytes(saved(sprite(1)[0], "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\b\0\0", lossless=True))
    assert default_format(str(tmp_path / "kept.webp")) == "png"  # which has a header with flags, too
    (tmp_path / "none.gif").write_bytes(b"GIF89a")
    assert default_format(str(tmp_path / "none.gif")) == default_format(str(tmp_path / "missing.webp")) == "png"
