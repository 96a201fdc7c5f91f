"""The application: routes, and how failures are told."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from huepress.web.api import Api
from huepress.web.assets import Assets
from huepress.web.guard import Guard
from huepress.web.limits import Limits
from huepress.web.openapi import document
from huepress.web.refusal import Refused, problem
from huepress.web.unread import Unread
from huepress.web.workers import Stale

_log: Final = logging.getLogger(__name__)


def application(*, token: str | None = None, limits: Limits | None = None) -> Starlette:
    """The page and its routes.

    Args:
        token: what every request must bring; None where only this machine can connect.
        limits: what clients can make it do.

    """
    limits = limits or Limits()
    api, assets = Api(limits), Assets(limits, shared=token is not None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        api.workers.close()

    return Starlette(
        routes=_routes(api, assets, document(with_token=token is not None)),
        middleware=[Middleware(Unread), Middleware(Guard, token=token)],
        exception_handlers={
            Refused: _refused,
            HTTPException: _not_routed,
            Stale: _stale,
            MemoryError: _out_of_memory,
            Exception: _failed,
        },
        lifespan=lifespan,
    )


def _routes(api: Api, assets: Assets, described: dict[str, Any]) -> list[Route]:
    async def openapi(_: Request) -> Response:
        return JSONResponse(described)

    picture, result = "/api/pictures/{id}", "/api/results/{sha256}"
    return [
        Route("/", assets.page),
        Route("/assets/{name}", assets.asset),
        Route("/openapi.json", openapi),
        Route("/api/pictures", api.add_picture, methods=["POST"]),
        Route(picture, api.picture, methods=["GET", "DELETE"]),
        Route(f"{picture}/original", api.original),
        Route(f"{picture}/result", api.result),
        Route(f"{picture}/convergence", api.convergence),
        Route(f"{picture}/chart", api.chart),
        Route(result, api.file),
        Route(f"{result}/palette", api.palette),
    ]


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(error.status, error.detail, error.headers)


async def _not_routed(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "there is nothing at this address", 405: "this method is not for this address"}
    return problem(error.status_code, said.get(error.status_code, error.detail), error.headers)


async def _stale(_: Request, __: Exception) -> Response:
    return problem(503, "the server is stopping")


async def _out_of_memory(_: Request, __: Exception) -> Response:
    return problem(503, "this picture needs more memory than there is")


async def _failed(request: Request, error: Exception) -> Response:
    _log.error("%s failed", request.url.path, exc_info=error)
    return problem(500, "this failed, and should not have; what happened is in the server's terminal")
