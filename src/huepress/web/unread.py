"""What a sender still sends when the answer is known: it is taken in, so that the answer arrives.

A connection closed on unread bytes is reset, and who sends may lose the answer.
"""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS: Final = 1.0  # how long a sender may go on


class Unread:
    """Drops what is left of a request's body before it is answered.

    Args:
        app: what answers.

    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and _has_body(Headers(scope=scope)):
            body = _Body(receive)
            await self._app(scope, body.receive, body.ending(send))
        else:
            await self._app(scope, receive, send)


class _Body:
    def __init__(self, receive: Receive) -> None:
        self._receive, self._is_whole = receive, False

    async def receive(self) -> Message:
        message = await self._receive()
        self._is_whole = not message.get("more_body", False)  # nor does anything follow a disconnect
        return message

    def ending(self, send: Send) -> Send:
        """Send, once the body has ended."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._end()
            await send(message)

        return sending

    async def _end(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                while not self._is_whole:
                    await self.receive()


def _has_body(headers: Headers) -> bool:
    """Whether a body is on its way; who waits for leave to send it (Expect) need not send what is refused."""
    return "expect" not in headers and ("content-length" in headers or "transfer-encoding" in headers)
