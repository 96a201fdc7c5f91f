"""What users rely on and must not change unnoticed: public signatures, and the results of fixed small pictures.

`python tests/goldens.py` (`make goldens`) records them anew in tests/goldens/; it refuses as long as CHANGELOG.md is
the same as at the last record, so that a change is declared.
"""

import hashlib
import inspect
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

import huepress

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "goldens"
CHANGELOG = ROOT / "CHANGELOG.md"


# -- public signatures ---------------------------------------------------------------------------------------


def signatures():
    """A line for each public name, method, property and parameter."""
    return [line for name in sorted(huepress.__all__) if name != "__version__" for line in _described(name)]


def _described(name):
    value = getattr(huepress, name)
    if not inspect.isclass(value):
        return [f"{name}{_signature(value)}"]
    bases = ", ".join(base.__name__ for base in value.__mro__[1:-1] if base.__module__.startswith("huepress"))
    members = [(member, vars(owner)[member]) for owner in value.__mro__ for member in vars(owner) if _is_ours(owner)]
    public = {member: what for member, what in reversed(members) if not _is_hidden(member)}
    return [
        f"class {name}({bases}){'' if issubclass(value, Exception) else _signature(value)}",
        *(f"{name}.{member}{_kind(what)}" for member, what in sorted(public.items())),
    ]


def _is_hidden(member):
    """Private, or made by scikit-learn for metadata routing."""
    return member.startswith("_") or (member.startswith("set_") and member.endswith("_request"))


def _is_ours(owner):
    return owner.__module__.startswith("huepress")


def _kind(what):
    what = inspect.unwrap(getattr(what, "__func__", what))
    return _signature(what) if callable(what) else ""


def _signature(function):
    parameters = inspect.signature(function).parameters.values()
    text = str(inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in parameters]))
    return re.sub(r" at 0x[0-9a-f]+", "", text)


# -- results -------------------------------------------------------------------------------------------------


def pictures():
    """Small pictures of whole-number arithmetic alone, the same on every machine."""
    y, x = np.mgrid[0:72, 0:96]
    grain = (x * 7919 + y * 104729) % 97 % 5
    smooth = np.dstack([x * 2 + grain, y * 3 + grain, 255 - x - y + grain])
    flat = np.array([[30, 30, 46], [205, 214, 244], [243, 139, 168]])[(x // 24 + y // 18) % 3]
    sprite = np.dstack([flat, np.clip((44 - abs(x - 48)) * 8, 0, 255)])
    return {"photograph": smooth.clip(0, 255).astype(np.uint8), "sprite": sprite.astype(np.uint8)}


def results():
    """Digests of palettes and indices, and of bytes, by picture and call."""
    return {
        f"{call} of the {name}": made(pixels) for name, pixels in pictures().items() for call, made in _CALLS.items()
    }


def _indexed(result):
    return {"indexed picture": _digest(result.palette.rgba.tobytes() + result.indices.tobytes())}


def _quantized(**options):
    return lambda pixels: _indexed(huepress.quantize(pixels, **options))


def _compressed(**options):
    def made(pixels):
        result = huepress.compress(pixels, **options)
        return {**_indexed(result), "bytes": _digest(result.data)}

    return made


_CALLS = {
    **{f"quantize, {effort}": _quantized(k=12, effort=effort) for effort in ("fast", "balanced", "best")},
    "quantize, in Oklab": _quantized(k=12, space="oklab"),
    "quantize, dithered": _quantized(k=6, dither=0.7),
    "compress": _compressed(),
    "compress, a quality": _compressed(quality=30),
    "compress, a budget": _compressed(max_bytes=1500),
    "compress, GIF": _compressed(format="gif", k=32),
}


def _digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


# -- the record ----------------------------------------------------------------------------------------------


def changelog_digest():
    """What CHANGELOG.md says, as a digest."""
    return _digest(CHANGELOG.read_bytes().replace(b"\r\n", b"\n"))


def recorded_signatures():
    """The lines that are on record."""
    return (FOLDER / "signatures.txt").read_text("utf-8").splitlines()


def recorded_results():
    """The results that are on record, with the version of the deflate package and the changelog's digest."""
    return json.loads((FOLDER / "results.json").read_text("utf-8"))


def main():
    """Record anew."""
    found = {"deflate": version("deflate"), "changelog": changelog_digest(), "results": results()}
    if (FOLDER / "results.json").exists():
        same = recorded_signatures() == signatures() and recorded_results()["results"] == found["results"]
        if same or recorded_results()["changelog"] == found["changelog"]:
            sys.exit("nothing changed" if same else "results or signatures changed: say so in CHANGELOG.md first")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "signatures.txt").write_text("\n".join(signatures()) + "\n", "utf-8")
    (FOLDER / "results.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
