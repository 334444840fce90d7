"""Reading the body of a request."""

import json
from typing import Any

from aiohttp import web


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body, which must be a JSON object. ValueError for anything else."""
    body = json.loads(await request.read() or b"null")
    if not isinstance(body, dict):
        raise ValueError("not a JSON object")
    return body
