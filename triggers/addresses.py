"""Addresses in answers: of other routes, on the host that was asked. None holds a key."""

from urllib.parse import urlsplit, urlunsplit


def address(asked: str, path: str, query: str = "") -> str:
    """The address of a route, under the prefix that the one has that was asked."""
    url = urlsplit(asked)
    prefix = url.path.partition("/api/")[0]
    return urlunsplit((url.scheme, url.netloc, f"{prefix}/api/{path}", query, ""))
