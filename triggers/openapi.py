"""The OpenAPI document of the operators' routes, made from the very models that validate the requests."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import cast

import azure.durable_functions as df
import azure.functions as func
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from triggers.answers import PROBLEM, Problem, answer
from triggers.operations import OPERATIONS, PATH_PARAMETERS, Json, Model, Operation

JSON = "application/json"
COMPONENTS = "#/components/schemas/{model}"
# The host itself looks at the key, before the app does; any key for functions will do:
# https://learn.microsoft.com/azure/azure-functions/function-keys-how-to
KEYS: Json = {
    "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
    "functionKeyInAddress": {"type": "apiKey", "in": "query", "name": "code"},
}

Refs = Mapping[tuple[Model, JsonSchemaMode], Json]

bp = df.Blueprint()


@bp.route("openapi.json", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def show_openapi(req: func.HttpRequest) -> func.HttpResponse:
    return answer(document())


@cache
def document() -> Json:
    refs, schemas = _schemas(OPERATIONS)
    paths: Json = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Offstage for operators", "version": "1"},
        "servers": [{"url": "/api"}],
        "security": [{name: []} for name in KEYS],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": KEYS},
    }


def _schemas(operations: Iterable[Operation]) -> tuple[Refs, Json]:
    """A reference for each model, as it comes in (validation) or goes out (serialization), and what those refer to."""
    models: list[tuple[Model, JsonSchemaMode]] = [(Problem, "serialization")]
    for operation in operations:
        models.append((operation.answer, "serialization"))
        models += [(body, "validation") for body in operation.bodies]
        models += [(operation.query, "validation")] if operation.query else []
    refs, definitions = models_json_schema(list(dict.fromkeys(models)), ref_template=COMPONENTS)
    return cast(Refs, refs), definitions["$defs"]


def _operation(operation: Operation, refs: Refs, schemas: Json) -> Json:
    described: Json = {
        "operationId": operation.function,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query, schemas)],
        "responses": _responses(operation, refs),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.bodies:
        taken = [refs[body, "validation"] for body in operation.bodies]
        schema = taken[0] if len(taken) == 1 else {"anyOf": taken}
        is_needed = all(_is_required(schemas, ref) for ref in taken)
        described["requestBody"] = {"required": is_needed, "content": {JSON: {"schema": schema}}}
    return described


def _path_parameters(path: str) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, **PATH_PARAMETERS[name]} for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(query: Model | None, schemas: Json) -> list[Json]:
    """A parameter is left out or has a value, so the null of the model is none of its values."""
    schema = schemas[query.__name__] if query else {"properties": {}}
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "allowEmptyValue": name not in required,  # which counts as left out
            "description": found["description"],
            "schema": found["anyOf"][0] if "anyOf" in found else found,
        }
        for name, found in schema["properties"].items()
    ]


def _is_required(schemas: Json, ref: Json) -> bool:
    """Whether a body has to be sent: an empty one counts as an empty object."""
    return bool(schemas[ref["$ref"].rpartition("/")[2]].get("required"))


def _responses(operation: Operation, refs: Refs) -> Json:
    good: Json = {
        kind: {"schema": refs[operation.answer, "serialization"] if kind == JSON else {"type": "string"}}
        for kind in operation.media_types
    }
    responses: Json = {
        _code(operation.status): {"description": operation.status.phrase, "content": good},
        _code(HTTPStatus.UNAUTHORIZED): {"description": "No key, or a wrong one."},
    }
    responses |= {_code(status): {"description": status.phrase, "content": good} for status in operation.also}
    reason = {PROBLEM: {"schema": refs[Problem, "serialization"]}}
    for status, description in operation.refusals.items():
        responses[_code(status)] = {"description": description, "content": reason}
    return responses


def _code(status: HTTPStatus) -> str:
    return str(status.value)
