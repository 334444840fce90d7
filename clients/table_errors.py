"""What Table Storage's answers mean. Status and code are read here and nowhere else."""

from collections.abc import Mapping

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from clients.errors import (
    ClientError,
    Conflict,
    NotFound,
    Rejected,
    TablesRefused,
    Throttled,
    Unavailable,
    retry_after_seconds,
)

TABLE_NOT_FOUND = "TableNotFound"
_GONE_OR_GOING = frozenset({TABLE_NOT_FOUND, "TableBeingDeleted"})


def table_error(asked: str, error: AzureError, *, has_etag: bool = False) -> ClientError:
    """Turn whatever the SDK raised into one error of ours; with an ETag, a row that is gone is a Conflict."""
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        if isinstance(error, ClientAuthenticationError):
            # DefaultAzureCredential words every trouble so, an identity endpoint that is busy for a moment included.
            return Unavailable("tables", asked, code="no_token", detail=_first_line(error), advice=TablesRefused.advice)
        return Unavailable("tables", asked, code=type(error).__name__, detail=_first_line(error))
    headers: Mapping[str, str] = getattr(error.response, "headers", {})
    # A refused insert has no error_code (azure-data-tables 12.7.0), so the header is asked first.
    code = str(headers.get("x-ms-error-code") or _text(getattr(error, "error_code", None)))
    kind = _kind_of(error.status_code, code, has_etag)
    return kind(
        "tables",
        asked,
        status=error.status_code,
        code=code,
        detail=_first_line(error),
        retry_after=retry_after_seconds(headers.get("Retry-After")),
        request_id=headers.get("x-ms-request-id"),
    )


def _kind_of(status: int, code: str, has_etag: bool) -> type[ClientError]:
    if status == 429 or (status == 503 and code == "ServerBusy"):
        return Throttled
    if status in (0, 408) or status >= 500 or code in _GONE_OR_GOING:
        return Unavailable
    if status in (401, 403):
        return TablesRefused
    if status in (409, 412) or (status == 404 and has_etag):
        return Conflict
    return NotFound if status == 404 else Rejected


def _text(code: object) -> str:
    return str(getattr(code, "value", code) or "")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
