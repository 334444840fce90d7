"""What Okta answers in these tests; callers name only what differs."""

from typing import Any

TOKEN = "00secret-token"
GROUP_ID = "00g1emaKYZTWRYYRRTSK"
NO_SUCH = {"errorCode": "E0000007", "errorSummary": "Not found: Resource not found", "errorCauses": []}
JSON = (("Content-Type", "application/json"),)
FIND_STAFF = "GET /api/v1/groups?search=profile.name%20eq%20%22Staff%22"


def user(**changes: Any) -> dict[str, Any]:
    profile = {"login": "ana@contoso.com", "email": "ana@contoso.com", "firstName": "Ana", "lastName": "Diaz"}
    return {"id": "00u1", "status": "ACTIVE", "profile": profile} | changes


def group(id: str, name: str) -> dict[str, Any]:
    return {"id": id, "type": "OKTA_GROUP", "profile": {"name": name}}
