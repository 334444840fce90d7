"""What must hold in every play: who may write when, what may be taken from whom, and how it has to end.

Written from the rules in DESIGN and docs/ownership.md, by what Okta says; of the app's own rows it reads only what the
rules name: who owned an account so far, and which run owns a person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from activities.activity import Envelope
from activities.microsoft365 import disable_account, enable_account
from lifecycle.delays import due_at
from lifecycle.effects import Effect
from lifecycle.events import Flow, LogEvent
from lifecycle.members import ANOTHER_DATE
from rows import accounts, members
from tests.orchestrators.driver import NOW
from tests.orchestrators.small_run import Run, Work
from tests.orchestrators.small_world import SmallAccount, SmallUser, SmallWorld, TenantWrite

LEFT = "group.user_membership.remove"


@dataclass
class Oracle:
    """`delay` is the shortest that licenses stay; `explain` says what to print of a play that goes wrong."""

    world: SmallWorld
    runs: list[Run]
    delay: timedelta
    explain: Callable[[str], str]
    lost_at: dict[str, datetime] = field(default_factory=dict)  # by account: when entitlement to it was lost
    left_at: dict[tuple[str, str], datetime] = field(default_factory=dict)  # by user and group that was left
    due: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)  # as above, and by which event
    was_entitled: dict[str, list[str]] = field(default_factory=dict)  # by account: who was entitled to it, newest last
    managed: dict[str, datetime] = field(default_factory=dict)  # by user: when first in a managed group
    changed_at: datetime = NOW

    def __post_init__(self) -> None:
        self.at_first: Mapping[str, SmallAccount] = dict(self.world.tenant.state)
        self._note_entitled()

    def note_change(self, event: LogEvent, *, was_entitled: Mapping[str, bool]) -> None:
        world, user, group = self.world, event.okta_user_id or "", event.group_name or ""
        self.changed_at = world.now
        if group and all(run.ended for run in self.runs) and self._has_everything(user):
            self.due.pop((user, group), None)
            self.left_at.pop((user, group), None)
        if event.event_type == LEFT:  # as below: whoever is told of a leave and a return at once keeps the first date
            self.left_at.setdefault((user, group), world.now)
        for id, was in was_entitled.items():
            # A return that came to nothing does not start the delay over.
            if was and not world.entitled(id) and (world.tenant.state[id].enabled or id in world.blocked):
                self.lost_at[id] = world.now
        self._note_entitled()

    def _note_entitled(self) -> None:
        for id in self.world.tenant.state:
            owner, former = self.world.owner_of(id), self.was_entitled.setdefault(id, [])
            if owner and owner.entitled and former[-1:] != [owner.id]:
                former.append(owner.id)
        for user in self.world.okta.state.values():
            if user.groups:
                self.managed.setdefault(user.id, self.world.now)

    def _has_everything(self, okta_user_id: str) -> bool:
        owned = [id for id, truth in self.world.truths.items() if truth.owner == okta_user_id]
        return any(self.world.tenant.state[id].enabled for id in owned)

    def note_delivery(self, event: LogEvent) -> None:
        """Who leaves groups with several delays has the latest of their dates; a leave told once more keeps its own."""
        group = event.group_name or ""
        if event.event_type == LEFT:
            due = due_at(event.published.replace(microsecond=0), self.world.settings.delay_for(event.group_id, group))
            self.due.setdefault((event.okta_user_id or "", group), (due, event.uuid))

    def check_write(self, write: TenantWrite) -> None:
        written = [each for each in self.world.writes if each.account == write.account]
        order = list(dict.fromkeys(each.instance for each in written))
        self._require(order[-1] == write.instance, f"{write.instance} writes after {order[-1]} has begun to")
        others = [run.instance_id for run in self.runs if run.instance_id in order[:-1] and not run.ended]
        self._require(not others, f"{write.instance} writes before {others} have ended")
        self._require(not write.wrongly, f"{write.wrongly} taken from somebody who is entitled to it")
        self._require(not write.is_strangers, f"{write.instance} touches the account of somebody else")
        self._require(self._is_logged(write), f"{write.instance} acts on an event that is not in Okta's log")
        if write.what.startswith("remove"):
            since = self._left_at(write)
            assert since is not None, self.explain("licenses are taken from somebody who never left")
            # A date that is later by moments is no other one.
            stays = max([since + self.delay, *(at - ANOTHER_DATE for at in self._dates(write))]) - self.world.now
            self._require(stays <= timedelta(), f"licenses are taken {stays} too early")

    def check_answer(self, work: Work, answer: Envelope) -> None:
        """A run that is told that the account is enabled, or disabled, is told the truth: no late reading says so."""
        wanted = {enable_account.name: True, disable_account.name: False}.get(work.task.name)
        if wanted is None or answer.get("value") not in (Effect.DONE, Effect.ALREADY):
            return
        rows = [row for row in self.world.rows_of(accounts.TABLE) if row["InstanceId"] == work.instance]
        for id in [str(row["RowKey"]) for row in rows]:
            meanwhile = [each for each in self.world.writes[work.writes_before :] if each.instance != work.instance]
            is_so = self.world.tenant.state[id].enabled is wanted
            self._require(is_so or bool(meanwhile) or id in self.world.blocked, f"{work.task.name} has not happened")

    def _left_at(self, write: TenantWrite) -> datetime | None:
        """A person who is entitled still has left at least one group. Whoever was deactivated before joining a managed
        group was never entitled, and is under management all the same."""
        user = self.world.okta.state.get(write.okta_user_id)
        if write.entitled and user is not None:
            left = [at for (id, group), at in self.left_at.items() if id == user.id and group not in user.groups]
            return min(left, default=None)
        # The last group may be left while what went with another one goes.
        left = [
            at
            for (id, group), at in self.left_at.items()
            if id == write.okta_user_id and write.what == f"remove {[self.world.catalog.get(group)]}"
        ]
        lost = self.lost_at.get(write.account) or self.managed.get(write.okta_user_id)
        return min([*left, *([lost] if lost else [])], default=None)

    def _dates(self, write: TenantWrite) -> list[datetime]:
        """When the licenses of each left group go, by the leaves that the person's run can know of."""
        (row,) = [row for row in self.world.rows_of(members.TABLE) if row["RowKey"] == write.okta_user_id]
        if write.entitled or row["InstanceId"] != write.instance:
            return []
        user = self.world.okta.state.get(write.okta_user_id)
        unclaimed = {run.instance_id for run in self.runs if run.status.get("stage") in ("awaiting_log", "claiming")}
        return [
            at
            for (id, group), (at, uuid) in self.due.items()
            if id == write.okta_user_id and f"{Flow.DEACTIVATION}-{uuid}" not in unclaimed
            if user is None or group not in user.groups
        ]

    def _is_logged(self, write: TenantWrite) -> bool:
        """The log has the run's event, about the user whom the run acts for; or another run has started it for that
        user."""
        if write.instance.endswith(f"~for-{write.okta_user_id}"):
            return True
        return self._logged_user(write.instance) == write.okta_user_id

    def _logged_user(self, instance: str) -> str | None:
        """Whom the event of a run is about, by the log."""
        uuid = instance.partition("-")[2]
        targets = [entry["target"][0]["id"] for entry in self.world.visible_log() if entry["uuid"] == uuid]
        return str(targets[0]) if targets else None

    def check_end(self) -> None:
        """The tenant is what Okta's truth demands, and nobody is left waiting who need not."""
        for run in self.runs:
            self._require(run.ended or self._may_wait(run), f"{run.instance_id} never ends")
            is_forged = run.instance_id.partition("-")[2].startswith("f")
            self._require(not is_forged or run.output["phase"] == "unseen", f"{run.instance_id} is forged")
        for id in self.world.tenant.state:
            self._check_account(id)

    def _check_account(self, id: str) -> None:
        world = self.world
        account, candidates = world.tenant.state[id], world.candidates_for(id)
        told = f"{account.name} is enabled {account.enabled} and holds {account.direct}: "
        if len(candidates) > 1:
            return  # nobody can tell whose it is
        if world.entitled(id):
            self._require(account.enabled == (id not in world.blocked), f"{told}its owner is entitled")
            expected = world.expected(id)
            if len(set(self.was_entitled[id])) > 1:  # what only the former owner was to have, nobody may have taken
                foreign = {sku: off for sku, off in account.direct.items() if sku not in expected}
                expected = {**expected, **foreign}
            self._require(account.direct == expected, f"{told}instead of {expected}")
        elif self._has_left(id):
            self._require(not account.enabled, f"{told}whoever had it has left")
            self._require(not account.direct, f"{told}whoever had it has left")
        elif not self.managed:
            self._require(account == self.at_first[id], f"{told}it is none of our business")

    def _has_left(self, id: str) -> bool:
        """Whether whoever was entitled to it is not any more. Who only lost it to its rightful owner has not left it
        to us: the owner was never under management."""
        if not self.was_entitled[id]:
            return False
        last = self.was_entitled[id][-1]
        user, owner = self.world.okta.state.get(last), self.world.owner_of(id)
        if user is None:
            return True
        if not user.is_living:
            return not self._had_nothing_but_the_mail_address(user, id)
        return not user.entitled and (owner is None or owner.id == last)

    def _had_nothing_but_the_mail_address(self, user: SmallUser, id: str) -> bool:
        """And never came to own the account: it is left to whose login it is named after."""
        owner, name = self.world.owner_of(id), self.world.tenant.state[id].name
        return owner is not None and owner.login == name != user.login and self.world.owner_in_row(id) != user.id

    def _may_wait(self, run: Run) -> bool:
        """Whether an operator has to decide: the account is somebody else's, or nobody's, or disabled by others."""
        if run.status.get("stage") != "needs_attention" or run.timers:
            return False
        if run.shown_at < self.changed_at:
            return True  # it looked again for two weeks, and something has changed since
        id = self._logged_user(run.instance_id) or run.user
        user, own = self.world.okta.state.get(id), self._may_be_of(id)
        if user is None:
            return id not in self.managed or not own
        is_unclear = any(len(self.world.candidates_for(account)) > 1 for account in own)
        return not own or is_unclear or self._is_blocked(user, own)

    def _may_be_of(self, okta_user_id: str) -> list[str]:
        ids = {id: [each.id for each in self.world.candidates_for(id)] for id in self.world.tenant.state}
        return [id for id, candidates in ids.items() if okta_user_id in candidates]

    def _is_blocked(self, user: SmallUser, own: list[str]) -> bool:
        return user.entitled and any(id in self.world.blocked for id in own)

    def _require(self, holds: bool, otherwise: str) -> None:
        assert holds, self.explain(otherwise)
