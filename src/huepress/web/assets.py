"""The page's files: a fixed list, read once, so that no request can name any other file."""

import hashlib
from importlib.resources import files
from string import Template
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from huepress._version import __version__
from huepress.web.limits import Limits
from huepress.web.refusal import Refused

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "html": "text/html", "svg": "image/svg+xml"}
_SHARED: Final = ("page.css", "compare.js", "copy.js", "cloud.js")  # with the report
_MODULES: Final = ("main", "api", "palette", "panels", "save", "say", "settings", "viewer")
_OWN: Final = ("app.css", "icon.svg", *(f"{name}.js" for name in _MODULES))

# Where the page runs, and what of the pictures it promises.
_LOCAL_WORDS: Final = ("Runs on this machine. Your pictures stay here.", "nothing leaves this machine")
_SHARED_WORDS: Final = (
    "Runs on the machine of this address. Your pictures are sent to it, and no further.",
    "nothing goes beyond the machine of this address",
)


class Asset(NamedTuple):
    """A file, with the tag by which browsers ask whether it changed."""

    body: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> "Asset":
        """The asset of that name."""
        media_type = f"{_TYPES[name.rpartition('.')[2]]}; charset=utf-8"
        return cls(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"')

    def response(self, request: Request) -> Response:
        """The file, or that it has not changed."""
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type=self.media_type)


class Assets:
    """The page and what it loads."""

    def __init__(self, limits: Limits, *, shared: bool) -> None:
        """shared: other machines can connect too, so that the pictures of who sits there go to this one."""
        package = files("huepress")
        parts = {name: package.joinpath("page", name) for name in _SHARED}
        parts |= {name: package.joinpath("web", "assets", name) for name in _OWN}
        self._assets = {name: Asset.of(name, part.read_bytes()) for name, part in parts.items()}
        text = package.joinpath("web", "assets", "index.html").read_text("utf-8")
        where, promise = _SHARED_WORDS if shared else _LOCAL_WORDS
        filled = Template(text).substitute(
            version=__version__, upload_bytes=limits.upload_bytes, where=where, promise=promise
        )
        self._page = Asset.of("index.html", filled.encode())

    async def page(self, request: Request) -> Response:
        """The page."""
        return self._page.response(request)

    async def asset(self, request: Request) -> Response:
        """A file that the page loads."""
        name = request.path_params["name"]
        if name not in self._assets:
            raise Refused(404, "there is no such file")
        return self._assets[name].response(request)
