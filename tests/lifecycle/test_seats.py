"""Which licenses the tenant is asked for when seats are short."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.licenses import WantedLicense
from lifecycle.seats import free_units, plan_seats

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
E3, VISIO, PROJECT = (WantedLicense(sku) for sku in ("sku-e3", "sku-visio", "sku-project"))


def test_units_of_a_subscription_in_its_days_of_grace_are_free_until_they_are_consumed() -> None:
    assert free_units(enabled=0, warning=25, consumed=24) == 1
    assert free_units(enabled=10, warning=0, consumed=12) == -2


def test_license_that_has_a_seat_is_asked_for_and_of_the_others_one() -> None:
    plan = plan_seats([E3, VISIO, PROJECT], {"sku-e3": 1, "sku-visio": 0, "sku-project": -3}, NOON)

    assert plan.free == (E3,)
    assert {plan.look_for, *plan.short} == {VISIO, PROJECT}
    assert len(plan.short) == 1


def test_sku_the_tenant_does_not_name_has_no_seat_by_the_numbers() -> None:
    assert plan_seats([E3], {}, NOON).look_for == E3


def test_nothing_is_looked_for_where_every_license_has_a_seat() -> None:
    plan = plan_seats([E3, VISIO], {"sku-e3": 1, "sku-visio": 1}, NOON)

    assert (plan.free, plan.look_for, plan.short) == ((E3, VISIO), None, ())


@given(at=st.datetimes(timezones=st.just(UTC)), count=st.integers(1, 8))
def test_every_license_has_its_turn_within_as_many_hours_as_there_are_licenses(at: datetime, count: int) -> None:
    short = [WantedLicense(f"sku-{number}") for number in range(count)]
    hours = [at.replace(year=2024) + timedelta(hours=hour) for hour in range(count)]

    assert {plan_seats(short, {}, hour).look_for for hour in hours} == set(short)
