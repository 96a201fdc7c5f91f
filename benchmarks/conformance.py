"""Every file of a folder through `huepress -k 16` in a child with limits: written and verified, refused, or a fault.

    python benchmarks/conformance.py FOLDER [--jobs 2] [--command huepress] [--compress] [--slowest 10]

A child gets 20 seconds and 4 GB of address space. A picture that was written is decoded by Pillow and held against
Pillow's own reading of the input (orientation and colour profile applied here, independently of huepress): size,
transparency, at most 16 colours, every pixel its nearest colour, every colour the mean of its pixels, and an exact
copy if the input has no more colours; of an animation, all frames together. With `--compress` it is `huepress --force`,
and there may be 256 colours, which need not be the nearest nor means, but are not far. A refusal is exit code 2, one
sentence on stderr and nothing written. `benchmarks/mutants.py` makes damaged files to measure on. Anything else is a
fault, and the exit code of this program is 1. Needs POSIX.
"""

import argparse
import hashlib
import io
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms, ImageOps, ImageSequence

import frames

SECONDS = 20
ADDRESS_SPACE = 4_000_000_000
JUDGE_SPACE = 10_000_000_000  # of a worker, which reads input and result
JUDGE_PIXELS = 100_000_000  # Pillow refuses more than twice as many
COLORS = 16
MOST_COLORS = 256
ESCAPE = "\x1b"
BITS_PER_SAMPLE, PHOTOMETRIC, WHITE_IS_ZERO = 258, 262, 0  # of TIFF
FAR = 40.0  # root of the mean squared distance of what `--compress` may write
SLACK = 3.0  # distance in levels: two readings of a profile or a JPEG may round differently


class Outcome(NamedTuple):
    """What became of a file: counted by kind."""

    kind: str
    detail: str
    seconds: float
    megabytes: float  # resident, at most


def main():
    options = arguments()
    paths = sorted(path for folder in options.folders for path in files_of(folder))
    counts = Counter()
    costs = []
    command = shutil.which(options.command) or str(Path(sys.executable).with_name(options.command))
    with ProcessPoolExecutor(options.jobs, initializer=limit_judge) as pool:
        for path, outcome in zip(
            paths, pool.map(judged, paths, repeat(command), repeat(options.compress), chunksize=1), strict=False
        ):
            counts[outcome.kind] += 1
            costs.append((outcome.seconds, outcome.megabytes, path))
            if outcome.kind.startswith("fault") or options.verbose:
                print(f"{outcome.kind}: {path!s:.200}: {outcome.detail}".encode("utf-8", "backslashreplace").decode())
    faults = sum(count for kind, count in counts.items() if kind.startswith("fault"))
    tell_most(costs, options.slowest)
    print(f"{len(paths)} files, {faults} faults")
    for kind, count in sorted(counts.items()):
        print(f"{count:6} {kind}")
    return 1 if faults else 0


def tell_most(costs, count):
    """The slowest files, and those that take most memory."""
    for place, title in ((0, "slowest"), (1, "largest")):
        for seconds, megabytes, path in sorted(costs, key=itemgetter(place), reverse=True)[:count]:
            print(f"{title}: {seconds:.1f} s, {megabytes:,.0f} MB: {path!s:.200}".encode("utf-8", "replace").decode())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--command", default="huepress")
    parser.add_argument("--compress", action="store_true", help="without -k")
    parser.add_argument("--slowest", type=int, default=1, metavar="N", help="how many to tell of")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def limit_judge():
    """What huepress reads within its limits, Pillow alone may read with far more memory, or not at all."""
    resource.setrlimit(resource.RLIMIT_AS, (JUDGE_SPACE, JUDGE_SPACE))
    Image.MAX_IMAGE_PIXELS = JUDGE_PIXELS
    warnings.simplefilter("ignore")


def files_of(folder):
    return [folder] if folder.is_file() else [path for path in folder.rglob("*") if path.is_file()]


def judged(path, command, compress):
    """What became of one file; runs in a worker process."""
    before = digest(path)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.png"
        started = time.perf_counter()
        try:
            how = ["--force"] if compress else ["-k", str(COLORS)]
            code, said, megabytes = run([command, str(path), *how, "-o", str(output)])
        except subprocess.TimeoutExpired:
            return Outcome("fault: hang", f"more than {SECONDS} s", float(SECONDS), 0)
        seconds = time.perf_counter() - started
        kind, detail = verdict(path, output, code, said, compress)
        extra = [entry.name for entry in Path(folder).iterdir() if entry != output]
    if digest(path) != before:
        kind, detail = "fault: input changed", ""
    if extra:
        kind, detail = "fault: files left behind", str(extra)
    return Outcome(kind, detail, seconds, megabytes)


def digest(path):
    return hashlib.sha256(path.read_bytes()).digest()


def run(command):
    """Exit code, output and peak memory of a child with limits; all its process group is ended when time is over."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
    )
    timer = threading.Timer(SECONDS, os.killpg, (child.pid, signal.SIGKILL))
    timer.start()
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    timer.cancel()
    child.stdout.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode == -signal.SIGKILL:
        raise subprocess.TimeoutExpired(command, SECONDS)
    return child.returncode, said.decode("utf-8", "backslashreplace"), used.ru_maxrss / 1000


def verdict(path, output, code, said, compress):
    if code < 0:
        return "fault: crash", f"signal {-code}"
    if "Traceback" in said:
        return "fault: traceback", said.strip().splitlines()[-1]
    if code == 17 or "MemoryError" in said:
        return "fault: memory", said.strip()
    if code == 0:
        is_noise = "huepress: " in said or "Warning" in said or ESCAPE in said
        return ("fault: noise", repr(said)) if is_noise else compared(path, output, compress)
    if code != 2:
        return "fault: exit code", f"{code}: {said.strip()}"
    if len(said.splitlines()) != 1 or not said.rstrip("\n").isprintable():
        return "fault: more than a sentence", repr(said[:300])
    return ("fault: refused but written", "") if output.exists() else ("refused with one sentence", said.strip())


def compared(path, output, compress):
    with Image.open(output) as image:
        result = np.concatenate([np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)])
    try:
        source = reference(path)
    except Exception as error:
        return "written; Pillow alone cannot read the input", str(error)
    fault = difference(source, result, compress)
    return ("fault: wrong pixels", fault) if fault else ("written and verified", "")


# -- an independent reading ----------------------------------------------------------------------------------


def reference(path):
    """(H, W, 4) uint8 as Pillow reads the file, upright and in sRGB; the frames of an animation below each other."""
    with Image.open(path) as image:
        image.load()
        if image.format == "WEBP":
            return np.concatenate([frame_of(frame, path) for frame in ImageSequence.Iterator(image)])
        moving = {"GIF": frames.frames_of_gif, "PNG": frames.frames_of_png}.get(image.format)
        shown = moving and moving(path.read_bytes())
        if not shown:
            return frame_of(image, path)
        kept = {key: image.info[key] for key in ("exif", "icc_profile", "xmp") if key in image.info}
        return np.concatenate([frame_of(with_info(pixels, kept), path) for pixels in shown])


def with_info(pixels, info):
    image = Image.fromarray(pixels)
    image.info |= info
    return image


def frame_of(image, path):
    profile = image.info.get("icc_profile")
    mend_key(image, path)
    tags = image.tag_v2 if image.format == "TIFF" else {}
    depth, is_inverted = tags.get(BITS_PER_SAMPLE), tags.get(PHOTOMETRIC) == WHITE_IS_ZERO
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith(("I", "F")):
        upright = eight_bits(upright, 4095 if depth == (12,) else 65535)
        upright = ImageOps.invert(upright) if is_inverted else upright  # which Pillow does up to 8 bits only
    converted = in_srgb(upright, profile)
    return np.asarray(converted.convert("RGBA"))


def mend_key(image, path):
    """Pillow compares the colour key of grey PNGs of 2 and 4 bits unscaled with samples that it scaled to 8 bits."""
    key = image.info.get("transparency")
    if image.format == "PNG" and image.mode == "L" and isinstance(key, int):
        with path.open("rb") as file:
            depth = file.read(25)[24]
        image.info["transparency"] = key * 255 // ((1 << depth) - 1)


def eight_bits(image, white):
    values = np.asarray(image).astype(np.float64)
    scaled = np.clip(values, 0, 1) * 255 if image.mode == "F" else values * 255 / white
    grey = Image.fromarray(np.floor(scaled + 0.5).astype(np.uint8))
    key = image.info.get("transparency")
    if key is not None:
        grey.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return grey


def in_srgb(image, profile):
    if not profile:
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = opened.profile.xcolor_space.strip()
        if space == "RGB" and image.mode in ("L", "LA", "1"):
            image = image.convert("RGBA" if image.mode == "LA" else "RGB")
        out = "RGBA" if image.mode == "RGBA" else "RGB"
        srgb = ImageCms.createProfile("sRGB")
        fits = {"RGB": ("RGB", "RGBA"), "GRAY": ("L",), "CMYK": ("CMYK",)}.get(space, ())
        return ImageCms.profileToProfile(image, opened, srgb, outputMode=out) if image.mode in fits else image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


# -- the contract of `-k` -------------------------------------------------------------------------------------


def difference(source, result, compress=False):
    """What is wrong with the result, empty if nothing."""
    if source.shape != result.shape:
        return f"size {result.shape[1::-1]}, not {source.shape[1::-1]}"
    source = np.where(source[..., 3:] == 0, 0, source).astype(np.uint8)
    pairs, counts = counted(np.concatenate([source, result], axis=2).view(np.uint64).reshape(-1))
    before, after = np.hsplit(pairs.view(np.uint8).reshape(-1, 8).astype(np.float64), 2)
    palette = np.unique(after, axis=0)
    most = MOST_COLORS if compress else COLORS
    if len(palette) > most:
        return f"{len(palette)} colours"
    if (classes(before) != classes(after)).any():
        return "transparency changed"
    if compress:
        return wrong_copy(before, after, most) or wrong_on_the_whole(before, after, counts)
    return wrong_copy(before, after, most) or wrong_choice(before, after, palette) or wrong_means(before, after, counts)


def counted(words):
    """Each word and how often it occurs; quick where runs are long, as in large pictures of few bytes."""
    starts = np.flatnonzero(np.concatenate([[True], words[1:] != words[:-1]]))
    found, places = np.unique(words[starts], return_inverse=True)
    return found, np.bincount(places, np.diff(starts, append=len(words)))


def classes(rgba):
    """0 for transparent, 2 for opaque, 1 between."""
    return (rgba[:, 3] > 0).astype(int) + (rgba[:, 3] == 255)


def features(rgba):
    """Coordinates whose squared distance is the mean of those over black and over white."""
    alpha = rgba[:, 3:] / 255
    return np.hstack([rgba[:, :3] * alpha - alpha * 127.5, alpha * 127.5 * np.sqrt(3)])


def distance(a, b):
    return np.sqrt(((features(a) - features(b)) ** 2).sum(axis=1))


def wrong_copy(before, after, most):
    if few(before, most) and distance(before, after).max() > SLACK:
        return f"no exact copy: {distance(before, after).max():.1f} off"
    return ""


def few(colors, most):
    return len(np.unique(colors.astype(np.uint8).view(np.uint32))) <= most


def wrong_on_the_whole(before, after, counts):
    """Without -k colours are chosen in Oklab for what the eye sees: the mean of sRGB is not kept."""
    far = np.sqrt((distance(before, after) ** 2 * counts).sum() / counts.sum())
    return f"pixels are {far:.1f} off" if far > FAR else ""


def wrong_choice(before, after, palette):
    nearest = np.full(len(before), np.inf)
    for entry in palette:
        d = distance(before, entry[np.newaxis])
        nearest = np.where((classes(before) == classes(entry[np.newaxis])) & (d < nearest), d, nearest)
    excess = distance(before, after) - nearest
    return f"a pixel is {excess.max():.1f} farther than its nearest colour" if excess.max() > SLACK else ""


def wrong_means(before, after, counts):
    """In total, as K-means stops a little before every centre is the mean of its pixels."""
    off = ((features(before) - features(after)) * counts[:, np.newaxis]).sum(axis=0) / counts.sum()
    return f"colours are {np.abs(off).max():.1f} off on the whole" if np.abs(off).max() > SLACK else ""


if __name__ == "__main__":
    sys.exit(main())
