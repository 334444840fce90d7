"""The optional key: with `LOCAL_HOST_KEY` set, this host asks for it wherever the real one asks for a key of any kind.

One key stands for all of them: function and host keys, the system key of the Durable extension, the master key
(https://learn.microsoft.com/azure/azure-functions/function-keys-how-to). Without it nobody is asked, as with `func`.
"""

import hmac

from aiohttp import web
from aiohttp.typedefs import Handler

HEADER = "x-functions-key"
PARAMETER = "code"
ANONYMOUS = "anonymous"
# What the links of an instance carry on a host that asks for no key.
NO_KEY = "local"


def ask_for_key(handler: Handler, key: str | None) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        return await handler(request) if has_key(request, key) else refusal()

    return guarded


def has_key(request: web.Request, key: str | None) -> bool:
    """The header counts before the parameter. Compared in constant time."""
    if key is None:
        return True
    given = request.headers.get(HEADER) or request.query.get(PARAMETER, "")
    return hmac.compare_digest(given.encode(errors="surrogatepass"), key.encode(errors="surrogatepass"))


def refusal() -> web.Response:
    return web.Response(status=401)
