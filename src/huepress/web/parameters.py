"""Query parameters: described once as JSON Schema, by which they are read, and which the OpenAPI document shows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import QueryParams

from huepress.formats.names import FORMATS
from huepress.palette_files import FORMATS as PALETTE_FORMATS
from huepress.web.refusal import Refused

_COLOR: Final = {"type": "string", "pattern": "^#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$"}
_KINDS: Final = {
    "integer": re.compile(r"-?[0-9]{1,15}"),
    "number": re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?"),
}


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name, its JSON Schema (integer, number, boolean, string, or an array of strings), its use."""

    name: str
    schema: dict[str, Any]
    description: str
    required: bool = False

    def read(self, values: Sequence[str]) -> Any:
        """The value of what was given, or the default; Refused if the schema does not hold."""
        if not values:
            if self.required:
                raise Refused(422, f"the parameter {self.name} is missing")
            return self.schema.get("default")
        if self.schema["type"] == "array":
            return self._read_array(values)
        if len(values) > 1:
            raise Refused(422, f"the parameter {self.name} is given more than once")
        return self._read_one(values[0], self.schema)

    def _read_array(self, values: Sequence[str]) -> list[Any]:
        if len(values) > self.schema["maxItems"]:
            raise self._refused(f"at most {self.schema['maxItems']} values, not {len(values)}")
        return [self._read_one(value, self.schema["items"]) for value in values]

    def _read_one(self, text: str, schema: dict[str, Any]) -> Any:
        if "enum" in schema and text not in schema["enum"]:
            raise self._refused(f"one of {', '.join(schema['enum'])}, not {text[:40]!r}")
        if "pattern" in schema and not re.fullmatch(schema["pattern"], text):
            raise self._refused(f"like {schema['example']}, not {text[:40]!r}")
        if schema["type"] == "boolean":
            if text not in ("true", "false"):
                raise self._refused(f"true or false, not {text[:40]!r}")
            return text == "true"
        return self._read_number(text, schema) if schema["type"] in _KINDS else text

    def _read_number(self, text: str, schema: dict[str, Any]) -> float:
        low, high = schema["minimum"], schema["maximum"]
        value = float(text) if _KINDS[schema["type"]].fullmatch(text) else None
        if value is None or not low <= value <= high:
            whole = "a whole number" if schema["type"] == "integer" else "a number"
            raise self._refused(f"{whole} from {low} to {high}, not {text[:40]!r}")
        return int(value) if schema["type"] == "integer" else value

    def _refused(self, wanted: str) -> Refused:
        return Refused(422, f"{self.name} must be {wanted}")


def read_all(parameters: Sequence[Parameter], query: QueryParams) -> dict[str, Any]:
    """The value of each parameter; Refused if one is unknown, missing or wrong."""
    names = [parameter.name for parameter in parameters]
    for name in query:
        if name not in names:
            raise Refused(422, f"there is no parameter {name[:40]!r} here; there is {', '.join(names) or 'none'}")
    return {parameter.name: parameter.read(query.getlist(parameter.name)) for parameter in parameters}


def colors(given: dict[str, Any]) -> dict[str, Any]:
    """The values of k and fixed, where no colour is fixed twice and k is at least their number."""
    fixed = tuple(dict.fromkeys(color.lower() for color in given["fixed"]))
    return {"fixed": fixed, "k": max(given["k"], len(fixed))}


K: Final = Parameter(
    "k", {"type": "integer", "minimum": 1, "maximum": 256, "default": 16}, "Number of colours; with a target, at most."
)
FIXED: Final = Parameter(
    "fixed",
    {"type": "array", "items": _COLOR | {"example": "#d40000"}, "maxItems": 256, "default": []},
    "Colours that stay in the palette untouched, used or not; they count towards k, which is at least their number.",
)
RESULT: Final = (
    K,
    FIXED,
    Parameter(
        "quality",
        {"type": "number", "minimum": -1000, "maximum": 100},
        "Target: the smallest file of this SSIMULACRA2 (90 visually lossless, 70 high, 50 medium quality).",
    ),
    Parameter(
        "max_bytes", {"type": "integer", "minimum": 1, "maximum": 10**12}, "Target: the best file of so many bytes."
    ),
    Parameter("dither", {"type": "number", "minimum": 0, "maximum": 1, "default": 0.0}, "Strength of error diffusion."),
    Parameter("format", {"type": "string", "enum": [*FORMATS], "default": "png"}, "Of the file."),
    Parameter(
        "draft",
        {"type": "boolean", "default": False},
        "The same pixels sooner, in a PNG that is packed less well, without a score; without effect with a target.",
    ),
)
PALETTE: Final = (
    Parameter(
        "format",
        {"type": "string", "enum": [suffix.removeprefix(".") for suffix in PALETTE_FORMATS]},
        "Of the palette file.",
        required=True,
    ),
)
CHART: Final = (
    Parameter("kind", {"type": "string", "enum": ["elbow", "quality"], "default": "elbow"}, "What is drawn."),
    Parameter(
        "result",
        {"type": "string", "pattern": "^[0-9a-f]{64}$", "example": "0" * 64},
        "The name of a result, to be marked in the chart.",
    ),
)
