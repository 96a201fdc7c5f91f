"""The routes that press pictures."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from huepress.errors import ReadError
from huepress.indexed import IndexedPicture
from huepress.palette_files import dump_palette
from huepress.web import parameters
from huepress.web.cache import BoundedCache
from huepress.web.charts import elbow_chart, quality_chart
from huepress.web.convergence import convergence
from huepress.web.limits import Limits
from huepress.web.originals import Original
from huepress.web.parameters import Parameter
from huepress.web.pieces import InPieces
from huepress.web.refusal import Refused
from huepress.web.results import Options, Result, press, size_of
from huepress.web.uploads import Uploads
from huepress.web.workers import Check, Workers

_IMMUTABLE: Final = {"Cache-Control": "private, max-age=31536000, immutable"}


class Api:
    """What is kept between requests, within bounds, and a method for each route. Of one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._uploads, self.workers = Uploads(limits), Workers(limits)
        self._originals: BoundedCache[str, Original] = BoundedCache(limits.picture_bytes)
        self._results: BoundedCache[str, Result] = BoundedCache(limits.result_bytes)
        self._mapped: BoundedCache[tuple[Any, ...], IndexedPicture] = BoundedCache(limits.result_bytes)

    async def add_picture(self, request: Request) -> Response:
        """Take a file in."""
        read_all(request, ())
        async with self._uploads.receiving(request) as data:
            try:
                original = await self.workers.run(request, lambda check: Original.of(data, self._limits, check))
            except ReadError as error:
                raise Refused(422, _sentence(error)) from error
        self._originals.put(original.name, original, original.size)
        return JSONResponse(original.facts(), 201, {"Location": f"/api/pictures/{original.name}"})

    async def picture(self, request: Request) -> Response:
        """What is known of a picture; or, with DELETE, forget it."""
        read_all(request, ())
        original = self._original(request)
        if request.method == "DELETE":
            self._originals.drop(original.name)
            return Response(status_code=204)
        return JSONResponse(original.facts())

    async def original(self, request: Request) -> Response:
        """The picture as it was read."""
        read_all(request, ())
        original = self._original(request)
        data = await self.workers.run(request, lambda _: original.shown())
        return InPieces(data, headers=_IMMUTABLE, media_type="image/png")

    async def result(self, request: Request) -> Response:
        """What options make of a picture."""
        given = read_all(request, parameters.RESULT)
        options = Options(**given | parameters.colors(given))
        original = self._original(request)
        key = original.name, *options.mapping
        mapped = self._mapped.get(key)
        result = await self.workers.run(request, lambda check: press(original, options, mapped, check))
        if result.mapped:
            self._mapped.put(key, result.mapped, size_of(result.mapped))
        self._results.put(result.name, result, result.size)
        return JSONResponse(result.facts())

    async def file(self, request: Request) -> Response:
        """The bytes of a result."""
        read_all(request, ())
        result = self._result(request.path_params["sha256"])
        return InPieces(result.data, headers=_IMMUTABLE, media_type=result.media_type)

    async def palette(self, request: Request) -> Response:
        """The palette of a result as a file."""
        given = read_all(request, parameters.PALETTE)
        palette = self._result(request.path_params["sha256"]).indexed.palette
        return Response(dump_palette(palette, f".{given['format']}"), media_type="application/octet-stream")

    async def convergence(self, request: Request) -> Response:
        """The iterations of K-means."""
        given = read_all(request, (parameters.K, parameters.FIXED))
        given = parameters.colors(given)
        original = self._original(request)
        return JSONResponse(await self.workers.run(request, lambda check: convergence(original, **given, check=check)))

    async def chart(self, request: Request) -> Response:
        """A chart of the picture, with the result marked."""
        given = read_all(request, parameters.CHART)
        original, marked = self._original(request), given["result"]
        result = self._result(marked) if marked else None

        def draw(check: Check) -> str:
            if given["kind"] == "elbow":
                return elbow_chart(original, result)
            return quality_chart(original, result, check)

        svg = await self.workers.run(request, draw)
        return Response(svg, media_type="image/svg+xml")

    def _original(self, request: Request) -> Original:
        found = self._originals.get(request.path_params["id"])
        if found is None:
            raise Refused(404, "this picture is not here, or not any more: upload it again")
        return found

    def _result(self, name: str) -> Result:
        found = self._results.get(name)
        if found is None:
            raise Refused(404, "this result is not here, or not any more: ask for it again")
        return found


def read_all(request: Request, wanted: Sequence[Parameter]) -> dict[str, Any]:
    """The values of the query parameters."""
    return parameters.read_all(wanted, request.query_params)


def _sentence(error: ReadError) -> str:
    """The reader's sentence, which begins with the name that the picture was given here."""
    said = str(error).removesuffix(" (max_pixels)").replace("this file: is ", "this file is ")
    return said[:1].upper() + said[1:]
