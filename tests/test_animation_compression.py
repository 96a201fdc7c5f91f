"""Compressed animations: targets, exactness, no flicker, judged by Pillow's compositing and an independent score."""

import io
import itertools
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import huepress
from animations import clean, decoded_frames, film, gif_file, same_frames, saved_frames, sprite
from huepress.animation.quality import judge_frames
from huepress.compression.compressed_animation import CompressedAnimation
from huepress.errors import TargetError
from huepress.quality import judge, ssimulacra2
from test_encode_animation import animation, random_frames

FORMATS = ("gif", "png", "webp")


def lowest(originals, data):
    return min(ssimulacra2(a, b) for a, b in zip(originals, decoded_frames(data)[0], strict=True))


@pytest.mark.parametrize("format", FORMATS)
def test_animations_and_their_results_can_be_pickled(format):
    read = huepress.read_whole(saved_frames(film(), format.upper()))
    assert same_frames(pickle.loads(pickle.dumps(read)).frames(), read.frames())
    for made in (
        huepress.quantize(read, k=5),
        huepress.quantize(read, k=5, dither=0.5),
        huepress.compress(read).indexed,
    ):
        assert pickle.loads(pickle.dumps(made)).encode() == made.encode()
    small = huepress.compress(read, quality=40)
    again = pickle.loads(pickle.dumps(small))
    assert (again.data, again.palette, again.scores) == (small.data, small.palette, small.scores)
    assert len(repr(small)) < 1000  # no bytes of the file


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("alpha", [False, True])
def test_the_file_shows_what_is_said(format, alpha):
    frames = film(alpha=alpha)
    c = huepress.compress(animation(frames), format=format)
    assert isinstance(c, CompressedAnimation)
    assert same_frames(decoded_frames(c.data)[0], c.frames())
    assert same_frames(c.indexed.frames(), c.frames())
    assert c.k == len(c.palette) <= 255 + alpha
    assert c.palette.counts.sum() == 5 * 64 * 48
    assert c.scores.ssimulacra2 == pytest.approx(lowest(frames, c.data))
    assert c.scores.bytes == len(c.data)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("options", [{}, {"quality": 60}])
def test_unchanged_pixels_keep_their_index(format, options):
    frames = film()
    found = list(huepress.compress(animation(frames), format=format, **options).indexed.indices())
    for (before, after), (old, new) in zip(itertools.pairwise(frames), itertools.pairwise(found), strict=True):
        unchanged = (before == after).all(axis=2)
        assert 0.2 < unchanged.mean() < 0.95
        assert np.array_equal(old[unchanged], new[unchanged])


@pytest.mark.parametrize("format", FORMATS)
def test_a_quality_is_that_of_the_lowest_frame(format):
    frames, above = film(), []
    for quality in (60, 65, 70, 75, 80):
        c = huepress.compress(animation(frames), format=format, quality=quality)
        above.append(lowest(frames, c.data) - quality)
        assert len(c.data) < len(huepress.compress(animation(frames), format=format).data)
    assert min(above) >= 0
    assert np.median(above) <= 0.5  # not each: scores of so small frames jump


@pytest.mark.parametrize("format", FORMATS)
def test_a_budget_is_kept_and_used(format):
    c = huepress.compress(animation(film()), format=format, max_bytes=5000)
    assert 4500 <= len(c.data) <= 5000


def test_targets_out_of_reach_name_the_nearest():
    with pytest.raises(TargetError, match="quality 100") as told:
        huepress.compress(animation(film()), quality=100)
    assert isinstance(told.value.best, CompressedAnimation)
    with pytest.raises(TargetError, match="100 bytes"):
        huepress.compress(animation(film()), max_bytes=100)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("k", [4, 16])
@pytest.mark.parametrize("part", [0.05, 1])
def test_one_color_more_than_k_takes_no_more_than_nearest_entries(format, k, part):
    rng = np.random.default_rng(k)
    colors = rng.integers(0, 256, (k + 1, 3)).astype(np.uint8)
    still, changed = rng.integers(0, k + 1, (2, 5, 64, 64))
    frames = list(colors[np.where(rng.random((5, 64, 64)) < part, changed, still[0])])
    c = huepress.compress(animation(frames), k=k, format=format)
    nearest = huepress.quantize(animation(frames), palette=c.palette)
    assert len(c.data) <= 1.01 * len(nearest.encode(format))  # told apart before they are packed for good


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("seed", range(4))
def test_few_colors_stay_exact(format, seed):
    frames = random_frames(seed)
    c = huepress.compress(animation(frames), format=format)
    assert same_frames(decoded_frames(c.data)[0], frames)
    assert c.scores.mse == 0


def two_frames(first, second, changed):
    """Upper and lower half of two colours, then with a part of the upper half of a third one."""
    frame = np.repeat(np.array([first, second], np.uint8), 4, axis=0)[:, np.newaxis].repeat(8, axis=1)
    other = frame.copy()
    other[:2] = changed
    return [frame, other]


@pytest.mark.parametrize("format", ["png", "webp"])
def test_colors_that_are_all_but_transparent_stay_exact_too(format):
    frames = two_frames((10, 0, 0, 1), (200, 0, 0, 255), (11, 0, 0, 1))
    c = huepress.compress(animation(frames), format=format)
    assert same_frames(decoded_frames(c.data)[0], frames)


def test_a_gif_shows_translucent_entries_of_a_given_palette_as_opaque_ones():
    frames = two_frames((255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 255, 255))
    palette = huepress.Palette([[255, 0, 0, 200], [0, 0, 255, 255]])
    c = huepress.compress(animation(frames), format="gif", palette=palette)
    assert same_frames(decoded_frames(c.data)[0], frames)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("seed", range(6))
def test_frames_that_change_everywhere_are_shown_as_said(format, seed):
    """More colours than entries, pixels that come and go, at a price that makes the mapping lossy."""
    frames = random_frames(seed, size=(24, 30), colors=400)
    c = huepress.compress(animation(frames), format=format, k=40, quality=-200)
    found = decoded_frames(c.data)[0]
    assert same_frames(found, c.frames())
    assert all(np.array_equal(a[..., 3], b[..., 3]) for a, b in zip(found, map(clean, frames), strict=True))


@pytest.mark.parametrize("format", FORMATS)
def test_threads_change_nothing(format):
    one, two = (huepress.compress(animation(film(alpha=True)), format=format, threads=n).data for n in (1, 2))
    assert one == two


def test_the_scores_of_an_animation():
    originals, results = film(3), [frame // 16 * 16 for frame in film(3)]
    for frame in results:
        frame[..., 3] = 255
    rows = [judge(a, b) for a, b in zip(originals, results, strict=True)]
    scores = judge_frames(originals, results, bytes=100)
    assert scores.mse == pytest.approx(np.mean([row.mse for row in rows]))
    assert scores.delta_e == pytest.approx(np.mean([row.delta_e for row in rows]))
    assert (scores.ssim, scores.ssimulacra2) == (min(row.ssim for row in rows), min(row.ssimulacra2 for row in rows))
    assert scores.delta_e_95 == max(row.delta_e_95 for row in rows)
    assert scores.colors == len(np.unique(np.reshape(results, (-1, 4)), axis=0)) > max(row.colors for row in rows)
    assert scores.bits_per_pixel == 800 / (3 * 64 * 48)
    with pytest.raises(ValueError, match="argument 2"):
        judge_frames(originals, results[:2])


def test_it_is_saved_under_names_of_its_format_only(tmp_path):
    c = huepress.compress(animation(film()), k=4, format="gif")
    c.save(tmp_path / "a.gif")
    with pytest.raises(ValueError, match=r"this is a gif file; compress\(format='webp'\) makes the other"):
        c.save(tmp_path / "a.webp")
    with pytest.raises(ValueError, match=r"this is a gif file; compress\(format='png'\) makes the other"):
        c.save(tmp_path / "b.gif", format="png")
    c.save(tmp_path / "b", format="gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gif", "b"]


def test_weights_fixed_and_palette_are_for_all_frames():
    frames, weights = film(), np.ones((48, 64))
    c = huepress.compress(animation(frames), fixed=["#123456"], weights=weights)
    assert isinstance(c, CompressedAnimation)
    c = huepress.compress(animation(frames), palette=huepress.Palette.of(["#000000", "#ffffff", "#808080"]))
    assert set(c.palette.hex) <= {"#000000", "#ffffff", "#808080"}
    with pytest.warns(UserWarning, match="transparent pixels become visible"):
        c = huepress.compress(
            saved_frames(sprite(), "PNG"), palette=huepress.Palette.of(["#000000", "#ffffff"]), quality=-900
        )
    assert set(c.palette.hex) <= {"#000000", "#ffffff", "#00000000"}  # the latter for what is not drawn
    with pytest.raises(ValueError, match="shape"):
        huepress.compress(animation(frames), weights=weights[:5])


# -- the command -----------------------------------------------------------------------------------------------------


def run(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "huepress", *map(str, arguments)], capture_output=True, **options)


def pillow_format(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.format, getattr(image, "n_frames", 1)


def test_the_command_keeps_animations(tmp_path):
    for format in FORMATS:
        (tmp_path / f"a.{format}").write_bytes(saved_frames(sprite(), format.upper()))
    done = run(*(f"a.{format}" for format in FORMATS), "-k", "4", "--json", cwd=tmp_path)
    for line, format in zip(done.stdout.splitlines(), FORMATS, strict=True):
        told = json.loads(line)
        assert (told["output"], told["frames"], told["colors"]) == (f"a-k4.{format}", 6, 4)
        assert pillow_format((tmp_path / f"a-k4.{format}").read_bytes()) == (format.upper(), 6)
    done = run("a.gif", "-q", "50", "-o", "b.png", cwd=tmp_path)
    assert "a.gif: 48 x 32 pixels, 6 frames" in done.stderr.decode()
    assert pillow_format((tmp_path / "b.png").read_bytes()) == ("PNG", 6)
    assert run("a.gif", "--first-frame", cwd=tmp_path).returncode == 0
    assert pillow_format((tmp_path / "a-hp.png").read_bytes()) == ("PNG", 1)


def test_the_command_streams_animations():
    data = saved_frames(sprite(), "WEBP")
    assert pillow_format(run("-", "-k", "4", input=data).stdout) == ("WEBP", 6)
    assert pillow_format(run("-", "-k", "4", "--format", "gif", input=data).stdout) == ("GIF", 6)


def test_the_command_refuses_a_torn_animation(tmp_path):
    frame = (0, 0, [[0, 1], [1, 0]], 1, 10, None)
    (tmp_path / "a.gif").write_bytes(gif_file((2, 2), [frame, frame], trailer=b"")[:-2])
    done = run("a.gif", "-k", "2", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == ["huepress: a.gif: damaged or incomplete (frame 2 ends early)"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_hidden_colors_are_kept_of_still_pictures_only(tmp_path):
    (tmp_path / "a.png").write_bytes(saved_frames(film(alpha=True), "PNG"))
    done = run("a.png", "--keep-hidden", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.decode().splitlines() == [
        "huepress: a.png: --keep-hidden (keep_hidden) is for still pictures, not for animations"
    ]
    assert run("a.png", "--keep-hidden", "--first-frame", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("options", [[], ["-k", "4"], ["-k", "4", "--json"]])
def test_a_result_is_judged_however_small_it_is(tmp_path, options):
    """Frames that are large beside the bytes of their file are refused in an input, not in a result."""
    source = tmp_path / "in.gif"
    much = b"!\xfe" + 3 * (b"\xff" + b"a" * 255) + b"\0;"
    source.write_bytes(gif_file((4000, 400), [(0, 0, [[shade]], 1, 10, None) for shade in range(3)], trailer=much))
    output = tmp_path / "out.gif"
    done = run(str(source), "-o", str(output), "--max-pixels", "2MP", *options)
    assert done.returncode == 0, done.stderr
    assert 10_000 * output.stat().st_size < 3 * 4000 * 400
    assert huepress.compress(huepress.read_whole(source, max_pixels=2_000_000)).scores.ssimulacra2 == 100
