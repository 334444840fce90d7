"""Okta's errors: https://developer.okta.com/docs/reference/error-codes/"""

import secrets

from aiohttp import web

UNAUTHORIZED = ("E0000011", "Invalid token provided")


class OktaError(Exception):
    """An answer other than success, with the code and the words Okta uses."""

    def __init__(
        self,
        status: int,
        code: str,
        summary: str,
        causes: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(summary)
        self.status = status
        self.code = code
        self.summary = summary
        self.causes = causes
        self.headers = headers or {}

    def response(self) -> web.Response:
        body = {
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": "oae" + secrets.token_urlsafe(16),
            "errorCauses": [{"errorSummary": cause} for cause in self.causes],
        }
        return web.json_response(body, status=self.status, headers=self.headers)


def not_found(resource_id: str, kind: str) -> OktaError:
    return OktaError(404, "E0000007", f"Not found: Resource not found: {resource_id} ({kind})")


def invalid(what: str, *causes: str) -> OktaError:
    return OktaError(400, "E0000001", f"Api validation failed: {what}", causes)


def malformed_body() -> OktaError:
    return OktaError(400, "E0000003", "The request body was not well-formed.")


def invalid_search() -> OktaError:
    return OktaError(400, "E0000031", "Invalid search criteria.")


def unauthorized() -> OktaError:
    return OktaError(401, *UNAUTHORIZED)


def forbidden() -> OktaError:
    return OktaError(403, "E0000006", "You do not have permission to perform the requested action")


def not_in_this_status() -> OktaError:
    return OktaError(403, "E0000038", "This operation is not allowed in the user's current status.")


def already_active() -> OktaError:
    return OktaError(403, "E0000016", "Activation failed because the user is already active")


def too_many_requests() -> OktaError:
    return OktaError(429, "E0000047", "API call exceeded rate limit due to too many requests.")


def method_not_allowed() -> OktaError:
    return OktaError(405, "E0000022", "The endpoint does not support the provided HTTP method")


# What a switched-on fault answers, by status.
FAULTS = {
    401: UNAUTHORIZED,
    403: ("E0000006", "You do not have permission to perform the requested action"),
    404: ("E0000007", "Not found: Resource not found"),
    429: ("E0000047", "API call exceeded rate limit due to too many requests."),
    500: ("E0000009", "Internal Server Error"),
    503: ("E0000010", "Service is in read only mode"),
}
