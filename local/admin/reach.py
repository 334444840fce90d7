"""The running app, as an administrator reaches it: its address and a function key."""

import os
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from local.admin.shown import Failed

KEY = "OFFSTAGE_KEY"
HERE = ("localhost", "127.0.0.1", "::1")
PATIENCE = 60.0  # seconds: the app may have to wake up


def read_key(file: Path | None) -> str | None:
    """The function key, out of a file or the environment."""
    if file is None:
        return os.environ.get(KEY, "").strip() or None
    try:
        return (sys.stdin.readline() if str(file) == "-" else file.read_text()).strip() or None
    except OSError as error:
        raise Failed(f"The key cannot be read: {error}") from None


class App:
    """One address and one key. Whatever is no success is Failed, in the app's own words."""

    def __init__(self, url: str | None, key: str | None, transport: httpx.BaseTransport | None = None) -> None:
        if not url:
            raise Failed("Which app? Give its address: --url, or OFFSTAGE_URL.")
        self.url = url.rstrip("/")
        headers = {"x-functions-key": key} if key else {}
        self._http = httpx.Client(
            base_url=f"{self.url}/api/", headers=headers, timeout=PATIENCE, transport=transport, follow_redirects=False
        )

    def get(self, path: str, **query: object) -> Any:
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        return self.ask("POST", path, body=body)

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        also: tuple[HTTPStatus, ...] = (),
    ) -> Any:
        """The JSON of the answer. `also` are statuses that are answers here, and no failures."""
        response = self.send(method, path, query=query, body=body)
        if response.is_success or response.status_code in also:
            return response.json() if response.content else None
        raise Failed(_refusal(response))

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        self._refuse_open_line()
        given = {name: str(value) for name, value in (query or {}).items() if value is not None}
        try:
            return self._http.request(method, path, params=given, json=body, headers=dict(headers or {}))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Failed(f"{self.url} cannot be reached: {error or type(error).__name__}") from None

    def _refuse_open_line(self) -> None:
        """Before a key, or the event hook's secret, goes over a line that others read."""
        address = urlsplit(self.url)
        if address.scheme != "https" and address.hostname not in HERE:
            raise Failed(f"{self.url} is not https: the key would be open to everybody on the way. Give that address.")

    def pages(self, path: str, accept: str, query: Mapping[str, object]) -> Iterator[str]:
        """A long answer page by page, as text. Links are followed on the same app only: they carry the key."""
        following: Mapping[str, object] | None = query
        while following is not None:
            response = self.send("GET", path, query=following, headers={"Accept": accept})
            if not response.is_success:
                raise Failed(_refusal(response))
            yield response.text
            link = response.links.get("next")
            following = dict(parse_qsl(urlsplit(link["url"]).query)) if link else None


def segment(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _refusal(response: httpx.Response) -> str:
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return f"The app refuses the key (401). Give a function key of it in {KEY}, or with --key-file."
    try:
        problem = response.json()
        words = problem.get("detail") or problem.get("title") or ""
    except (ValueError, AttributeError):
        words = ""
    return f"The app answered {response.status_code}: {words or response.reason_phrase}"
