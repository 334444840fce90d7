"""What Microsoft Graph answers in these tests; callers name only what differs."""

from typing import Any

TOKEN = "secret-token"
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
P2 = "84a661c4-e949-4bd2-a560-ed7766fcaf2b"
PLAN = "57ff2da0-773e-42df-b2af-ffb7a2317929"
SELECT = (
    "$select=id,userPrincipalName,displayName,mail,accountEnabled,usageLocation,onPremisesSyncEnabled,"
    "licenseAssignmentStates"
)
READ = f"GET /v1.0/users/u1?{SELECT}"
MANAGER = "GET /v1.0/users/u1/manager?$select=id,userPrincipalName,displayName,mail,accountEnabled"
NO_SUCH = "Request_ResourceNotFound"
DENIED = "Authorization_RequestDenied"


def user(**changes: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": "u1",
        "userPrincipalName": "ana@contoso.com",
        "displayName": "Ana",
        "mail": "ana@contoso.com",
        "accountEnabled": True,
        "licenseAssignmentStates": [],
    } | changes


def refusal(code: str, message: str = "No.", **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "innerError": {"request-id": "req-7"}} | more}
