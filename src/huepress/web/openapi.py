"""The OpenAPI 3.1 document of the routes; its parameters are those by which requests are read."""

from collections.abc import Sequence
from typing import Any, Final

from huepress._version import __version__
from huepress.formats.names import FORMATS
from huepress.web import parameters
from huepress.web.parameters import Parameter

Schema = dict[str, Any]

_NUMBER: Final[Schema] = {"type": "number"}
_WHOLE: Final[Schema] = {"type": "integer", "minimum": 0}
_TEXT: Final[Schema] = {"type": "string"}
_BOOLEAN: Final[Schema] = {"type": "boolean"}
_HASH: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


_SCHEMAS: Final = {
    "Picture": _object(
        id=_HASH, width=_WHOLE, height=_WHOLE, bytes=_WHOLE, format=_TEXT, alpha=_BOOLEAN, frames=_WHOLE, colors=_WHOLE
    ),
    "Result": _object(
        file=_TEXT | {"description": "The path of the file."},
        sha256=_HASH | {"description": "Of the file's bytes."},
        draft=_BOOLEAN,
        format=_TEXT | {"enum": [*FORMATS]},
        bytes=_WHOLE,
        saved=_or_null(_NUMBER)
        | {
            "description": "Part of the original's bytes, negative if the result is larger; null of an animation, of "
            "which only the first frame is pressed."
        },
        colors=_WHOLE,
        mse=_NUMBER | {"description": "Squared error per pixel, summed over the channels."},
        psnr=_or_null(_NUMBER) | {"description": "In dB; null if the result is exact."},
        ssimulacra2=_or_null(_NUMBER) | {"description": "100 is exact; null of a draft."},
        seconds=_NUMBER | {"description": "Spent on learning, mapping and encoding."},
        arguments=_or_null(_TEXT)
        | {"description": "With these, huepress PICTURE ... writes the same bytes; null if a target is out of reach."},
        notice=_or_null(_TEXT) | {"description": "What is not as wanted."},
        palette=_array(_object(color=_TEXT, count=_WHOLE, share=_NUMBER, fixed=_BOOLEAN)),
    ),
    "Convergence": _object(
        colors=_array(_array(_NUMBER)) | {"description": "Cells of colours: red, green, blue, share."},
        iterations=_array(_object(number=_WHOLE, inertia=_NUMBER, centers=_array(_array(_NUMBER)))),
    ),
    "Problem": _object(title=_TEXT, status=_WHOLE, detail=_TEXT | {"description": "A sentence for people."}),
}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": _reference(name)}}}


def _binary(description: str, *media_types: str) -> Schema:
    return {"description": description, "content": {media_type: {} for media_type in media_types}}


_PROBLEMS: Final = {
    400: "The client has gone.",
    401: "The token is missing.",
    403: "Another site's page sent this, or the Host is not local.",
    404: "It is not here, or not any more.",
    408: "The file did not arrive in time.",
    413: "The file is too large.",
    422: "A parameter, or the file, is not understood, or the format holds no picture of this size.",
    503: "Too many requests at once, or a limit of time.",
}


def _problem(status: int) -> Schema:
    content = {"application/problem+json": {"schema": _reference("Problem")}}
    return {"description": _PROBLEMS[status], "content": content}


def _operation(
    name: str,
    summary: str,
    done: dict[str, Schema],
    problems: Sequence[int],
    query: Sequence[Parameter] = (),
    path: str | None = None,
    body: Schema | None = None,
) -> Schema:
    given: list[Schema] = []
    if path:
        given.append({"name": path, "in": "path", "required": True, "schema": _HASH})
    given += [
        {
            "name": one.name,
            "in": "query",
            "required": one.required,
            "schema": one.schema,
            "description": one.description,
        }
        for one in query
    ]
    responses = done | {str(status): _problem(status) for status in sorted({401, 403, 422, *problems})}
    operation: Schema = {"operationId": name, "summary": summary, "parameters": given, "responses": responses}
    return operation | ({"requestBody": body} if body else {})


def _got(
    name: str,
    summary: str,
    answer: Schema,
    problems: Sequence[int],
    *,
    path: str,
    query: Sequence[Parameter] = (),
) -> Schema:
    """The operation of a route that is only asked for something."""
    return {"get": _operation(name, summary, {"200": answer}, problems, query, path)}


_STORED: Final = (400, 404, 503)  # where something that is kept is worked on
_PATHS: Final[dict[str, Schema]] = {
    "/api/pictures": {
        "post": _operation(
            "addPicture",
            "Take in a picture's file, of any format that huepress reads.",
            {"201": _json("Picture", "It is kept for a while; `id` names it.")},
            (400, 408, 413, 503),
            body={"required": True, "content": {"application/octet-stream": {}}},
        )
    },
    "/api/pictures/{id}": _got("getPicture", "What is known of it.", _json("Picture", "Its facts."), (404,), path="id")
    | {"delete": _operation("dropPicture", "Forget it.", {"204": {"description": "Done."}}, (404,), path="id")},
    "/api/pictures/{id}/original": _got(
        "getOriginal",
        "The picture as it was read: upright, in sRGB.",
        _binary("A lossless file.", "image/png"),
        _STORED,
        path="id",
    ),
    "/api/pictures/{id}/result": _got(
        "getResult",
        "Press it: K-means with k colours, or the best file for a target.",
        _json("Result", "The figures, the palette, and the name of the file."),
        _STORED,
        path="id",
        query=parameters.RESULT,
    ),
    "/api/pictures/{id}/convergence": _got(
        "getConvergence",
        "How the centres move while K-means runs.",
        _json("Convergence", "The cloud of colours and the iterations."),
        _STORED,
        path="id",
        query=(parameters.K, parameters.FIXED),
    ),
    "/api/pictures/{id}/chart": _got(
        "getChart",
        "A chart, with the place of a result marked.",
        _binary("A drawing.", "image/svg+xml"),
        _STORED,
        path="id",
        query=parameters.CHART,
    ),
    "/api/results/{sha256}": _got(
        "getFile",
        "The file of a result: the bytes that the page shows and downloads.",
        _binary("The bytes.", *(f"image/{format}" for format in FORMATS)),
        (404,),
        path="sha256",
    ),
    "/api/results/{sha256}/palette": _got(
        "getPalette",
        "The palette of a result as a file.",
        _binary("The bytes.", "application/octet-stream"),
        (404,),
        path="sha256",
        query=parameters.PALETTE,
    ),
}


def document(*, with_token: bool) -> dict[str, Any]:
    """The document. `with_token`: of a server that wants one."""
    components: Schema = {"schemas": _SCHEMAS}
    info = {"title": "huepress", "version": __version__, "summary": "Makes pictures smaller by K-means."}
    found: dict[str, Any] = {"openapi": "3.1.0", "info": info, "paths": _PATHS, "components": components}
    if with_token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
    return found
