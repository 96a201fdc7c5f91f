"""Uploads: the body of a request, received within limits of size and time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from huepress.web.limits import Limits
from huepress.web.refusal import Refused


class Uploads:
    """Receives files. All that are held at one time share a bound on memory."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @asynccontextmanager
    async def receiving(self, request: Request) -> AsyncIterator[bytes]:
        """The body; it counts as held until the block ends.

        Raises:
            Refused: it is too large, too slow, empty, broken off, or too much is held.

        """
        body = bytearray()
        try:
            await self._receive(request, body)
            yield bytes(body)
        finally:
            self._drop(body)

    def _drop(self, body: bytearray) -> None:
        """Give back what is held, at once, or uploads side by side would all be refused where some have room."""
        self._held -= len(body)
        body.clear()

    async def _receive(self, request: Request, body: bytearray) -> None:
        try:
            async with asyncio.timeout(self._limits.upload_seconds):
                await self._collect(request, body)
        except TimeoutError:
            seconds = self._limits.upload_seconds
            raise Refused(408, f"the file did not arrive within {seconds:g} seconds", {"Connection": "close"}) from None
        except ClientDisconnect:
            raise Refused(400, "the upload broke off") from None
        if not body:
            raise Refused(422, "the file is empty")

    async def _collect(self, request: Request, body: bytearray) -> None:
        self._check_announced(request)
        async for piece in request.stream():
            self._take(len(piece))
            body += piece
            self._check_size(len(body))

    def _check_announced(self, request: Request) -> None:
        announced = request.headers.get("content-length", "0")
        if announced.isascii() and announced.isdigit():
            self._check_size(int(announced[:20]))

    def _check_size(self, size: int) -> None:
        limit = self._limits.upload_bytes
        if size > limit:
            headers = {"Connection": "close"}  # the rest is not kept
            raise Refused(413, f"the file is larger than {limit // 1_000_000} MB, the most that is taken here", headers)

    def _take(self, size: int) -> None:
        if self._held + size > self._limits.incoming_bytes:
            headers = {"Connection": "close", "Retry-After": "2"}
            raise Refused(503, "too many uploads at once; try again in a moment", headers)
        self._held += size
