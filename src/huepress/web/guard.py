"""The guard: lets only pages of this server, and programs of this machine, talk to it.

A page elsewhere could make a browser send requests here (CSRF), or make its own name point here (DNS rebinding). So
the Host must be local, an Origin must be that of this server, and what browsers say of the sender (Sec-Fetch-Site)
must agree. Where the server listens beyond this machine, every request needs the token.
"""

import re
import secrets
from typing import Final
from urllib.parse import parse_qs, quote, unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from huepress.web.refusal import problem

_LOCAL: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_COOKIE: Final = "huepress-token"
_YEAR: Final = 365 * 24 * 3600
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Refuses what does not come from here, and puts the headers on every response that make browsers help.

    Args:
        app: what is guarded.
        token: what every request must bring, in a cookie or as bearer; None where only this machine can connect.

    """

    def __init__(self, app: ASGIApp, *, token: str | None = None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self._app
            await answer(scope, receive, _adding_headers(send))
        else:  # WebSockets: there are none
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._token is None and not _LOCAL.fullmatch(headers.get("host", "")):
            return problem(403, "the server of this page answers to 127.0.0.1 and localhost only")
        if not _is_same_origin(headers, scope):
            return problem(403, "another site's page sent this request")
        return None if self._token is None else self._challenge(self._token, headers, scope)

    def _challenge(self, token: str, headers: Headers, scope: Scope) -> Response | None:
        """What is said to who has no token; whose address has it gets it as a cookie."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and _is_equal(given, token):
            response = RedirectResponse("/", 303)
            response.set_cookie(_COOKIE, quote(token, safe=""), max_age=_YEAR, httponly=True, samesite="strict")
            return response
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if _is_equal(_sent(bearer), token) or _is_equal(_cookie(headers), token):
            return None
        detail = "open the whole address that huepress serve printed: it ends in the token"
        return problem(401, detail, {"WWW-Authenticate": "Bearer"})


def _is_same_origin(headers: Headers, scope: Scope) -> bool:
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is not None and origin.lower() != f"{scope['scheme']}://{host}".lower():
        return False
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    return scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"  # a link from elsewhere


def _cookie(headers: Headers) -> str:
    """The token in the cookie; beside it may lie any of other servers of this machine, as cookies know no ports."""
    return unquote(cookie_parser(headers.get("cookie", "")).get(_COOKIE, ""))


def _sent(header: str) -> str:
    """A header as it was sent, in UTF-8: it is read as Latin-1."""
    return header.encode("latin-1").decode(errors="replace")


def _is_equal(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())


def _adding_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
