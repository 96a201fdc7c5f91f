"""A response that is sent piece by piece, each when the one before is taken.

Slow readers of one file share its bytes, and each holds up a single piece; sent at once, the server would keep a copy
of the whole for each of them.
"""

from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_PIECE: Final = 1 << 16  # bytes; servers take about as much before they wait


class InPieces(Response):
    """Bytes, as `Response` takes them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send them."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), _PIECE):
            piece = bytes(self.body[start : start + _PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
