"""Microsoft Graph's errors: https://learn.microsoft.com/graph/errors"""

from typing import Any

from aiohttp import web

from local.stand_in.clock import Clock

REQUEST_ID = web.RequestKey("REQUEST_ID", str)
CLIENT_REQUEST_ID = web.RequestKey("CLIENT_REQUEST_ID", str)


class GraphError(Exception):
    def __init__(self, status: int, code: str, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def response(self, request: web.Request, clock: Clock) -> web.Response:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        error["innerError"] = {
            "date": clock.seconds().removesuffix("Z"),
            "request-id": request[REQUEST_ID],
            "client-request-id": request[CLIENT_REQUEST_ID],
        }
        return web.json_response({"error": error}, status=self.status)


def user_not_found(key: str) -> GraphError:
    message = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", message)


def bad_request(message: str, details: list[dict[str, Any]] | None = None) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, details)


def unsupported_query(name: str) -> GraphError:
    message = f"Unsupported or invalid query filter clause specified for property '{name}' of resource 'User'."
    return GraphError(400, "Request_UnsupportedQuery", message)


def no_such_property(name: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Could not find a property named '{name}' on type 'microsoft.graph.user'.")


def invalid_value(name: str) -> GraphError:
    return bad_request(f"Invalid value specified for property '{name}' of resource 'User'.")


def denied() -> GraphError:
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def mail_denied() -> GraphError:
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def no_such_segment(segment: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def method_not_allowed() -> GraphError:
    return GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")


def not_authenticated(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message)


# What a switched-on fault answers, by status.
FAULTS = {
    401: ("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "Resource does not exist."),
    429: ("TooManyRequests", "Too many requests. Please try again later."),
    500: ("InternalServerError", "An internal server error has occurred."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please try again."),
    504: ("GatewayTimeout", "The gateway did not get an answer in time."),
}
