"""What the timers start."""

from datetime import UTC, datetime

from azure.functions.timer import TimerRequest

from lifecycle.inputs import CatalogInput
from tests.triggers.durable_client import FakeDurableClient
from triggers import timers


async def test_timer_that_fires_twice_starts_one_store_a_day() -> None:
    client = FakeDurableClient()
    refresh = timers.refresh_license_catalog._function.get_user_function().client_function

    for _ in range(2):
        await refresh(TimerRequest(past_due=False), client)

    (instance,) = client.instances
    assert instance == f"store_licenses-{datetime.now(UTC):%Y%m%d}"
    assert client.flows[instance] == "store_licenses"
    assert client.input_of(instance, CatalogInput) == CatalogInput(group=None, clear_first=False)
