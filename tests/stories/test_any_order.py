"""Whatever people do, and however Okta's events arrive: in the end the tenant is what Okta's truth demands.

Two stories are always played; OFFSTAGE_EXAMPLES says how many random ones besides (tests/stories/test_random_lives.py
plays many in memory every time). A story that fails is printed; hypothesis replays it with the `@reproduce_failure` or
the seed that it prints beside it.
"""

import os
from datetime import timedelta

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.stories.chronicle import Chronicle, Deed, Round
from tests.stories.company import E3, OFFICE, POWER_BI, SWAY, VISIO, VISIO_USERS, Company
from tests.stories.conftest import RunningStack

EXAMPLES = int(os.environ.get("OFFSTAGE_EXAMPLES", "0"))
PEOPLE = 4
DELAYS = {OFFICE: timedelta(days=30), VISIO_USERS: timedelta(days=7)}
WAITS = [
    timedelta(),
    timedelta(minutes=1),
    timedelta(hours=5),
    *(timedelta(days=days) for days in (1, 6, 8, 20, 29, 40)),
]

deeds = st.builds(
    Deed,
    st.integers(0, PEOPLE - 1),
    st.sampled_from(
        [
            *(f"{verb} {group}" for verb in ("leave", "join") for group in (OFFICE, VISIO_USERS)),
            *(f"{verb} {OFFICE}" for verb in ("leave", "join")),
            *("deactivate", "activate", "reactivate", "suspend", "unsuspend", "delete"),
        ]
    ),
)
rounds = st.builds(
    Round,
    deeds=st.lists(deeds, max_size=8),
    delivery=st.sampled_from(["in order", "merged", "any order", "any order, doubled", "kept"]),
    seed=st.integers(0, 999),
    kill_after=st.sampled_from([None, None, None, None, None, None, 2, 7]),
    wait=st.sampled_from(WAITS),
)
beginnings = st.lists(
    st.sampled_from([(OFFICE,), (OFFICE, VISIO_USERS), (VISIO_USERS,)]), min_size=PEOPLE, max_size=PEOPLE
)


of_any_order = settings(
    max_examples=max(1, EXAMPLES),
    deadline=None,
    print_blob=True,
    phases=[
        Phase.explicit,
        *([Phase.reuse, Phase.generate] if EXAMPLES else []),
        *([Phase.shrink] if EXAMPLES > 100 else []),
    ],
    suppress_health_check=list(HealthCheck),
)


COMINGS_AND_GOINGS = [
    Round(
        [
            Deed(0, f"leave {OFFICE}"),
            Deed(1, f"leave {VISIO_USERS}"),
            Deed(2, "deactivate"),
            Deed(3, f"leave {OFFICE}"),
            Deed(3, f"join {OFFICE}"),
        ],
        "any order, doubled",
        wait=timedelta(days=8),
    ),
    Round([Deed(0, f"join {OFFICE}"), Deed(1, f"leave {OFFICE}"), Deed(3, "deactivate")], "kept"),
    Round([Deed(0, f"leave {OFFICE}"), Deed(2, "activate"), Deed(3, "delete")], "any order", kill_after=2),
]


@of_any_order
@example(beginnings=[(OFFICE,), (OFFICE, VISIO_USERS), (VISIO_USERS,), (OFFICE,)], rounds=COMINGS_AND_GOINGS)
@given(beginnings=beginnings, rounds=st.lists(rounds, min_size=2, max_size=6))
async def test_tenant_ends_as_okta_demands_whatever_the_order(
    stack: RunningStack, company: Company, beginnings: list[tuple[str, ...]], rounds: list[Round]
) -> None:
    chronicle = Chronicle(stack, company, DELAYS)
    for groups in beginnings:
        await chronicle.hire(groups, {E3: {SWAY}, POWER_BI: set()})
    await company.check_nightly()  # so that it is known who was a member, whoever is deleted before the first look

    async with chronicle:
        for each in rounds:
            await chronicle.play(each)
            await chronicle.check()
        await chronicle.end(timedelta(days=60))

    await chronicle.check()
    await chronicle.check_ended()


deeds_of_fluid_group = st.builds(
    Deed, st.integers(0, PEOPLE - 1), st.sampled_from(["leave", "join", "suspend", "unsuspend"])
)
rounds_of_fluid_group = st.builds(
    Round,
    deeds=st.lists(deeds_of_fluid_group, max_size=6),
    delivery=st.sampled_from(["in order", "merged", "any order, doubled", "kept"]),
    seed=st.integers(0, 999),
    wait=st.sampled_from(WAITS),
)


OUT_OF_ONE_GROUP = [
    Round([Deed(0, "leave"), Deed(1, "leave")], "any order, doubled", wait=timedelta(days=8)),
    Round([Deed(0, "join"), Deed(1, "join"), Deed(3, "leave")], "merged"),
]


@settings(of_any_order, max_examples=max(1, EXAMPLES // 2))
@example(rounds=OUT_OF_ONE_GROUP)
@given(rounds=st.lists(rounds_of_fluid_group, min_size=2, max_size=5))
async def test_licenses_of_a_group_come_and_go_with_it_while_another_group_remains(
    stack: RunningStack, company: Company, rounds: list[Round]
) -> None:
    chronicle = Chronicle(stack, company, DELAYS, {OFFICE: E3, VISIO_USERS: VISIO})
    for _ in range(PEOPLE):
        await chronicle.hire((OFFICE, VISIO_USERS), {E3: {SWAY}, VISIO: set(), POWER_BI: set()})
    for number, truth in enumerate(chronicle.people):
        truth.fluid_group = (OFFICE, VISIO_USERS)[number % 2]

    async with chronicle:
        for each in rounds:
            await chronicle.play(each)
            await chronicle.check()
        await chronicle.end(timedelta(days=60))
        await chronicle.check()

    await chronicle.check_ended()


async def test_license_stays_with_who_returned_while_the_tenant_could_not_be_reached(company: Company) -> None:
    ada = await company.hire(licenses={E3: {SWAY}})
    await company.leave(ada)
    await company.pass_time(timedelta(days=29))
    out_of_reach = {"match": {"path": f"{ada.entra_user_id}/assignLicense"}, "kind": "status", "status": 503}
    (await company.tenant.put("/control/faults", json=[out_of_reach])).raise_for_status()
    await company.pass_time(timedelta(days=1, hours=1))

    await company.hold_deliveries()
    await company.join(ada)
    await company.tenant.delete("/control/faults")
    await company.pass_time(timedelta(hours=3))

    assert (await company.account(ada)).direct == {E3: {SWAY}}
    assert "remove_licenses" not in [act.what for act in await company.audit(ada) if act.outcome == "done"]

    await company.release_deliveries()
    await company.settle()
    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, {E3: {SWAY}})
