"""What the pages show of real rows, and what is done when a form on them is posted."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from clients.tables import Tables
from lifecycle.audit import AuditEntry
from lifecycle.catalog import CatalogEntry
from lifecycle.licenses import AssignedLicense, SnapshotEntry, to_json
from lifecycle.mail_ledger import LedgerEntry, MailState
from lifecycle.members import Member
from lifecycle.stages import Phase
from rows import audit, catalog, mails
from rows import members as member_rows
from tests.triggers.dashboard_world import Office, hidden_fields, plain, text_of
from tests.triggers.members_world import ADA, ADAS, BOB, NOW, RUN

E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
HELD = replace(ADA, phase=Phase.HELD, held=True, reason="held by the brake")
PARKED = replace(ADA, phase=Phase.NEEDS_ATTENTION, reason=f"removing the licenses: {E3}: refused")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def office(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office(tables, monkeypatch)
    await office.enter()
    return office


def held_wave(office: Office, number: int) -> list[Member]:
    """People held one after the other, in the opposite order of their ids."""
    found = []
    for at in range(number):
        instance = f"staged_deactivation-{at}"
        office.client.instances[instance] = "Running"
        held = replace(HELD, okta_user_id=f"00u{number - at}", login=f"p{at}@contoso.com", instance=instance)
        found.append(replace(held, display_name=f"Person {at}", updated_at=NOW + timedelta(seconds=at)))
    return found


class TestOverview:
    async def test_empty_one_says_that_nothing_is_needed(self, office: Office) -> None:
        page = plain(text_of(await office.get("overview")))

        assert page.startswith("Nothing needs you.")
        assert "Nobody's licenses are about to go" in page

    async def test_who_needs_a_decision_comes_first_with_the_reason_in_names(self, office: Office) -> None:
        await office.put(PARKED, BOB)

        page = plain(text_of(await office.get("overview")))

        assert page.startswith("1 person needs a decision.")
        assert "removing the licenses: Microsoft 365 E3: refused" in page
        assert E3 not in page

    async def test_coming_removal_is_a_bar_that_leads_to_the_people_of_that_day(self, office: Office) -> None:
        await office.put(ADA)
        await office.put_account(replace(ADAS, due_at=NOW + timedelta(days=3)))

        page = text_of(await office.get("overview"))

        day = (NOW + timedelta(days=3)).date().isoformat()
        assert f'href="/api/dashboard/people?due={day}"' in page
        listed = plain(text_of(await office.get(f"people?due={day}")))
        assert "Ada <b>Lovelace</b>" in listed
        tomorrow = (NOW + timedelta(days=4)).date().isoformat()
        assert "Ada" not in plain(text_of(await office.get(f"people?due={tomorrow}")))

    async def test_days_and_times_are_those_of_the_place_where_people_work(self, office: Office) -> None:
        office.configure(TIME_ZONE="Pacific/Auckland")
        await office.put(ADA)
        due_at = (NOW + timedelta(days=3)).replace(hour=20, minute=30)
        await office.put_account(replace(ADAS, due_at=due_at))

        day = due_at.astimezone(ZoneInfo("Pacific/Auckland")).date()
        assert day == due_at.date() + timedelta(days=1)
        assert f"people?due={day.isoformat()}" in text_of(await office.get("overview"))
        assert "Ada" in plain(text_of(await office.get(f"people?due={day.isoformat()}")))

    async def test_number_of_calls_does_not_grow_with_the_people(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await office.put(*(replace(BOB, okta_user_id=f"00u{at}") for at in range(40)))
        calls: list[str] = []
        ask = office.tables.query_page

        async def counted(table: str, *rest: object, **named: object) -> object:
            calls.append(table)
            return await ask(table, *rest, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(office.tables, "query_page", counted)
        await office.get("overview")

        assert len(calls) <= 6


class TestHeld:
    async def test_all_are_released_in_the_order_in_which_they_were_held(self, office: Office) -> None:
        wave = held_wave(office, 3)
        await office.put(*wave)

        asked = text_of(await office.get("held/release"))
        done = await office.submit(asked, "held")

        assert plain(asked).startswith("Release all 3 people?")
        asked_at = [(await office.audited(each.okta_user_id))[0].at for each in wave]
        assert asked_at == sorted(asked_at)
        assert {instance for instance, _, _ in office.client.raised} == {each.instance for each in wave}
        assert "Released: 3 people." in await office.follow(done)

    async def test_only_those_chosen_are_released_after_a_question_that_names_them(self, office: Office) -> None:
        first, second, third = held_wave(office, 3)
        await office.put(first, second, third)
        overview = text_of(await office.get("overview"))
        chosen = [("command", "release"), ("member", third.okta_user_id), ("member", first.okta_user_id)]

        asked = text_of(await office.submit(overview, "held", *chosen))
        assert office.client.raised == []
        assert "Person 0" in plain(asked)
        assert "Person 1" not in plain(asked)
        await office.submit(asked, "held")

        assert {instance for instance, _, _ in office.client.raised} == {first.instance, third.instance}

    async def test_those_chosen_are_discarded(self, office: Office) -> None:
        (only,) = held_wave(office, 1)
        await office.put(only)
        overview = text_of(await office.get("overview"))

        asked = text_of(await office.submit(overview, "held", ("command", "discard"), ("member", only.okta_user_id)))
        await office.submit(asked, "held")

        assert "stay as they are, enabled" in plain(asked)
        assert [order["command"] for _, _, order in office.client.raised] == ["discard"]

    @pytest.mark.parametrize("more", [[("command", "release")], [("command", "keep"), ("member", "00u1")], []])
    async def test_nobody_chosen_and_other_commands_are_refused(
        self, office: Office, more: list[tuple[str, str]]
    ) -> None:
        await office.put(*held_wave(office, 1))

        answer = await office.submit(text_of(await office.get("overview")), "held", *more)

        assert answer.status_code in (404, 409)
        assert office.client.raised == []

    async def test_whoever_is_not_held_any_more_is_left_alone(self, office: Office) -> None:
        first, second = held_wave(office, 2)
        await office.put(first, second)
        asked = text_of(await office.get("held/release"))
        await office.put(replace(first, phase=Phase.UNLICENSED))

        await office.submit(asked, "held")

        assert [instance for instance, _, _ in office.client.raised] == [second.instance]


class TestPeople:
    @pytest.mark.parametrize("named", ["ada", "ADA", "love", "Lovelace", "ada@con"])
    async def test_people_are_found_by_how_their_login_or_a_word_of_their_name_begins(
        self, office: Office, named: str
    ) -> None:
        await office.put(replace(ADA, display_name="Ada Lovelace"), replace(BOB, display_name="Bob Marley"))

        page = plain(text_of(await office.get(f"people?named={named}")))

        assert "Ada Lovelace" in page
        assert "Bob" not in page

    async def test_list_of_a_phase_has_those_people_only(self, office: Office) -> None:
        await office.put(ADA, BOB)

        page = plain(text_of(await office.get("people?phase=unlicensed")))

        assert BOB.login in page
        assert ADA.login not in page

    async def test_pages_follow_each_other(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("triggers.dashboard_people.PER_PAGE", 2)
        people = [replace(BOB, okta_user_id=f"00u{at}", login=f"p{at}@contoso.com") for at in range(5)]
        await office.put(*people)

        seen: list[str] = []
        address = "people?phase=unlicensed"
        while address:
            page = text_of(await office.get(address))
            seen += [each.login for each in people if each.login in page]
            next_page = page.partition('href="/api/dashboard/people?phase=unlicensed&amp;after=')[2].partition('"')[0]
            address = f"people?phase=unlicensed&after={next_page}" if next_page else ""

        assert seen == [each.login for each in people]

    @pytest.mark.parametrize("query", ["phase=gone", "due=tomorrow", "after=%00", "named=%00", "due=2026-13-01"])
    async def test_what_makes_no_sense_counts_as_left_out(self, office: Office, query: str) -> None:
        await office.put(ADA)

        assert ADA.login in text_of(await office.get(f"people?{query}"))

    async def test_address_of_a_page_holds_no_login(self, office: Office) -> None:
        await office.put(ADA, BOB)

        for address in ("people", "overview", "people/00u1ada"):
            page = text_of(await office.get(address))
            assert [part for part in page.split('href="')[1:] if "contoso.com" in part.partition('"')[0]] == []


class TestPerson:
    async def test_story_is_told_with_acts_mails_and_the_names_of_licenses(self, office: Office) -> None:
        await office.put(ADA)
        snapshot = to_json((SnapshotEntry(AssignedLicense(E3, direct=True)),))
        await office.put_account(replace(ADAS, snapshot=snapshot))
        at = NOW - timedelta(hours=1)
        acts = ("disable_account", ""), ("operator_command", "extend until 2027-01-15T17:00:00+00:00")
        for word, detail in acts:
            await audit.append(office.tables, AuditEntry(at, word, "done", RUN, "e", False, detail, ADA.okta_user_id))
        text = "Dear Noor,\nher account is disabled.\n"
        await mails.upsert(
            office.tables,
            LedgerEntry(ADA.okta_user_id, "k", at, RUN, "noor@contoso.com", "Disabled.", text, MailState.SENT),
        )

        page = plain(text_of(await office.get(f"people/{ADA.okta_user_id}")))

        assert "The licenses go in 30 days" in page
        assert "Account disabled" in page
        assert "extend until 15 January 2027, 17:00" in page
        assert "to noor@contoso.com sent" in page
        assert "her account is disabled." in page
        assert "Microsoft 365 E3 goes on the date" in page

    @pytest.mark.parametrize(
        ("member", "offered"),
        [
            (ADA, ["keep", "extend", "remove-now"]),
            (HELD, ["release", "discard"]),
            (PARKED, ["retry", "skip", "discard"]),
            (replace(ADA, awaiting_command=None), []),
            (BOB, ["activate"]),
            (replace(BOB, phase=Phase.ACTIVE), ["deactivate"]),
        ],
    )
    async def test_commands_that_make_sense_now_are_offered_and_no_others(
        self, office: Office, member: Member, offered: list[str]
    ) -> None:
        await office.put(member)

        page = text_of(await office.get(f"people/{member.okta_user_id}"))

        base = f'href="/api/dashboard/people/{member.okta_user_id}/'
        assert [part.partition('"')[0] for part in page.split(base)[1:]] == offered

    async def test_nobody_is_a_404(self, office: Office) -> None:
        assert (await office.get("people/00unobody")).status_code == 404

    async def test_planted_markup_is_text_everywhere(self, office: Office) -> None:
        planted = replace(
            PARKED, display_name=SCRIPT, login=f"{SCRIPT}@x.com", reason=SCRIPT, group_name=f'"><img src=x> {SCRIPT}'
        )
        await office.put(planted)
        act = AuditEntry(NOW, "act", SCRIPT, RUN, "e", False, SCRIPT, ADA.okta_user_id, SCRIPT, actor=SCRIPT)
        await audit.append(office.tables, act)
        entry = LedgerEntry(ADA.okta_user_id, "k", NOW, RUN, SCRIPT, SCRIPT, SCRIPT)
        await mails.upsert(office.tables, entry)

        for address in ("overview", "people", "people/00u1ada", "people/00u1ada/retry", "people?named=%3Cscript%3E"):
            page = text_of(await office.get(address))
            assert "<script" not in page.casefold(), address
            assert "<img src=x" not in page
            assert "&lt;script&gt;" in page

    async def test_name_that_turns_the_direction_of_writing_turns_nothing(self, office: Office) -> None:
        await office.put(replace(PARKED, display_name="Ada\u202e\u0000 Lovelace\nGranted"))

        page = text_of(await office.get("people/00u1ada"))

        assert "Ada Lovelace Granted" in page
        assert "\u202e" not in page


class TestCommands:
    async def test_confirmation_says_in_words_what_will_happen_before_anything_does(self, office: Office) -> None:
        snapshot = to_json(
            (
                SnapshotEntry(AssignedLicense(E3, direct=True)),
                SnapshotEntry(AssignedLicense("f30db892-07e9-47e9-837c-80727f46fd3d", groups=("g",))),
            )
        )
        await office.put(replace(ADA, display_name="Ada Lovelace", manager_mail="noor@contoso.com"))
        await office.put_account(replace(ADAS, snapshot=snapshot))

        page = plain(text_of(await office.get("people/00u1ada/remove-now")))

        assert "Removes 1 license from Ada Lovelace now" in page
        assert "Ada Lovelace is told nothing. The manager (noor@contoso.com) gets a mail" in page
        assert "What goes: Microsoft 365 E3." in page
        assert "Microsoft Power Automate Free" in page.partition("a group gives it:")[2]
        assert office.client.raised == []

    @pytest.mark.parametrize(
        ("member", "command"),
        [(ADA, "keep"), (ADA, "remove-now"), (HELD, "release"), (PARKED, "retry"), (PARKED, "skip"), (HELD, "discard")],
    )
    async def test_confirmed_command_reaches_the_run_and_is_on_record(
        self, office: Office, member: Member, command: str
    ) -> None:
        await office.put(member)
        address = f"people/{member.okta_user_id}/{command}"

        done = await office.submit(text_of(await office.get(address)), address)

        assert (done.status_code, done.headers["Location"]) == (303, f"/api/dashboard/people/{member.okta_user_id}")
        assert [order["command"] for _, _, order in office.client.raised] == [command]
        assert [act.detail for act in await office.audited()] == [command]
        assert "Said to the run of" in await office.follow(done)

    async def test_notice_is_said_once(self, office: Office) -> None:
        await office.put(ADA)
        done = await office.submit(text_of(await office.get("people/00u1ada/keep")), "people/00u1ada/keep")
        await office.follow(done)

        assert "Said to the run" not in text_of(await office.get("people/00u1ada"))

    async def test_date_is_asked_for_and_then_said_in_words(self, office: Office) -> None:
        await office.put(ADA)
        await office.put_account(ADAS)
        day = (NOW + timedelta(days=60)).date()

        assert 'type="date"' in text_of(await office.get("people/00u1ada/extend"))
        asked = text_of(await office.get(f"people/00u1ada/extend?until={day.isoformat()}"))
        await office.submit(asked, "people/00u1ada/extend")

        assert f"go on {day.day} {day:%B}" in plain(asked)
        (raised,) = office.client.raised
        assert raised[2]["until"].startswith(day.isoformat())

    async def test_date_in_the_past_is_refused_in_words(self, office: Office) -> None:
        await office.put(ADA)
        await office.put_account(ADAS)
        asked = text_of(await office.get("people/00u1ada/extend?until=2020-01-01"))

        answer = await office.submit(asked, "people/00u1ada/extend")

        assert (answer.status_code, office.client.raised) == (400, [])
        assert "it has to be in the future" in plain(text_of(answer))

    async def test_command_the_run_does_not_await_any_more_is_refused_in_words(self, office: Office) -> None:
        await office.put(ADA)
        asked = text_of(await office.get("people/00u1ada/keep"))
        await office.put(replace(ADA, phase=Phase.UNLICENSED, awaiting_command=None))

        answer = await office.submit(asked, "people/00u1ada/keep")

        assert (answer.status_code, office.client.raised) == (409, [])
        assert (await office.get("people/00u1ada/keep")).status_code == 409

    async def test_flow_is_started_for_somebody_nobody_is_at_work_on(self, office: Office) -> None:
        await office.put(BOB)
        address = f"people/{BOB.okta_user_id}/activate"

        await office.submit(text_of(await office.get(address)), address)

        (event,) = office.events().values()
        assert event.okta_user_id == BOB.okta_user_id


class TestCatalog:
    ENTRY = CatalogEntry("00g1", "Office", E3, "Microsoft 365 E3", "SPE_E3", "User", "Enabled", 10, 4, NOW)

    async def test_what_newcomers_are_given_is_switched_after_a_question(self, office: Office) -> None:
        await office.tables.upsert(catalog.TABLE, catalog.to_values(self.ENTRY))
        address = f"catalog/00g1/{E3}"

        asked = text_of(await office.get(f"{address}?assign=yes"))
        done = await office.submit(asked, address)

        assert "whoever is new to Office is given Microsoft 365 E3" in plain(asked)
        assert "Newcomers to Office are given Microsoft 365 E3" in await office.follow(done)
        (entry,) = await catalog.read(office.tables)
        assert entry.assign

    async def test_license_that_cannot_be_given_is_refused_in_words(self, office: Office) -> None:
        vanished = replace(self.ENTRY, capability_status="Vanished")
        await office.tables.upsert(catalog.TABLE, catalog.to_values(vanished))
        address = f"catalog/00g1/{E3}"

        answer = await office.submit(text_of(await office.get(f"{address}?assign=yes")), address)

        assert answer.status_code == 409
        assert "cannot be assigned to a user" in plain(text_of(answer))

    async def test_license_that_is_not_there_is_a_404(self, office: Office) -> None:
        assert (await office.get(f"catalog/00g1/{E3}")).status_code == 404


async def test_form_of_a_page_carries_the_token_and_nothing_personal(office: Office) -> None:
    await office.put(ADA)

    page = text_of(await office.get("people/00u1ada/keep"))

    assert [name for name, _ in hidden_fields(page, "people/00u1ada/keep")] == ["token", "confirmed"]


async def test_rows_written_before_there_was_a_search_are_listed_all_the_same(office: Office) -> None:
    values = {name: value for name, value in member_rows.to_values(BOB).items() if not name.startswith("Search")}
    await office.tables.upsert(member_rows.TABLE, values)

    assert BOB.login in text_of(await office.get("people"))
