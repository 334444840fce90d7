"""What a person sees once the stack is up: where everything is, and three things to try."""

from collections.abc import Mapping

from local.stack.ports import LOOPBACK, Ports
from local.stand_in.sample_people import MANAGED_GROUP_ID, MANAGED_GROUP_NAME, NOOR_LOGIN, PEOPLE


def okta_headers(values: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"SSWS {values['OKTA_API_TOKEN']}"}


def welcome(ports: Ports, values: Mapping[str, str], host_pid: int) -> list[str]:
    maya = PEOPLE[0]
    host, tenant = f"http://{LOOPBACK}:{ports.host}", f"http://{LOOPBACK}:{ports.m365_tenant}"
    membership = f"{values['OKTA_ORG_URL']}/api/v1/groups/{MANAGED_GROUP_ID}/users/{maya.okta_user_id}"
    token = f"-H 'Authorization: SSWS {values['OKTA_API_TOKEN']}'"
    return [
        "",
        "The stack is up, and the event hook is registered and verified:",
        f"  host                {host}   (process {host_pid}: kill -9 it, nothing is lost)",
        f"  pages               {host}/api/dashboard",
        f"  Okta stand-in       {values['OKTA_ORG_URL']}",
        f"  tenant stand-in     {tenant}",
        f"  tables (Azurite)    http://{LOOPBACK}:{ports.tables}/devstoreaccount1",
        "",
        f"1. {maya.display_name} leaves the group {MANAGED_GROUP_NAME!r} in Okta:",
        f"     curl -X DELETE {token} {membership}",
        "2. Where her run stands (name, stage, when the licenses go):",
        f"     curl '{host}/runtime/webhooks/durabletask/instances?showInput=false'",
        f"3. What her manager, {NOOR_LOGIN}, finds in the mailbox:",
        f"     curl {tenant}/control/mailboxes/{NOOR_LOGIN}",
        "",
        f"The delay is {values['DELAY_INTEGER']} {values['DELAY_INTERVAL_TYPE']}(s). Ctrl-C stops everything.",
        "",
    ]
