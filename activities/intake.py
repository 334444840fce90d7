"""Starting the instances of a delivery that is too large to be started while Okta waits."""

import azure.durable_functions as df

from activities.activity import Call, activity_with_client
from clients.durable import Durable
from lifecycle.inputs import Start

bp = df.Blueprint()


@activity_with_client(bp)
async def start_instances(call: Call, durable: Durable, *, starts: tuple[Start, ...]) -> int:
    """Start some instances, those known already excepted; returns how many were new."""
    return sum(await durable.start_all(starts))
