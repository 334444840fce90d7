"""What an org and a tenant have in common: users, a state that may outlive the process, and the controls."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web
from pydantic import BaseModel

from local.stand_in.controls import Controls
from local.stand_in.faults import FaultKind, FaultRule


class NamedUser(Protocol):
    id: str

    @property
    def sign_in_name(self) -> str: ...


User = TypeVar("User", bound=NamedUser)
State = TypeVar("State", bound=BaseModel)


class StandIn(ABC, Generic[State, User]):
    """Stands in for one vendor. `state` is all it remembers."""

    state: State

    def __init__(self, new_state: type[State], kinds: frozenset[FaultKind], data: Path | None) -> None:
        self.controls = Controls(self.dump_state, kinds, data)
        self._new_state = new_state

    def restore(self) -> None:
        """Begin with the state of the file, or empty. ValidationError when the file is something else."""
        text = self.controls.state_file.read()
        self.take(self._new_state() if text is None else self._new_state.model_validate_json(text))

    def take(self, state: State) -> None:
        self.state = state

    def dump_state(self) -> str:
        return self.state.model_dump_json(by_alias=True)

    def reset(self) -> None:
        self.controls.reset()
        self.take(self._new_state())

    async def stop(self) -> None:
        self.controls.state_file.flush()

    @property
    @abstractmethod
    def users(self) -> Mapping[str, User]:
        """Every user by id."""

    @property
    def is_empty(self) -> bool:
        return not self.users

    def user(self, key: str) -> User:
        """The user with this id or sign-in name as it is now. Raises the vendor's error when there is none."""
        user = self._find_user(key)
        if user is None:
            raise self.no_such_user(key)
        return user

    def _find_user(self, key: str) -> User | None:
        if key in self.users:
            return self.users[key]
        name = key.casefold()
        return next((user for user in self.users.values() if user.sign_in_name.casefold() == name), None)

    @abstractmethod
    def no_such_user(self, key: str) -> Exception: ...

    def concerned_user(self, request: web.Request) -> str | None:
        """The id of the user in the path, for the request log; what stands there if it is nobody."""
        key = request.match_info.get("user")
        user = self._find_user(key) if key else None
        return user.id if user else key

    def fault_answer(self, request: web.Request, rule: FaultRule) -> web.Response:
        response = web.Response(status=rule.status) if rule.empty_body else self.fault_error(request, rule)
        if rule.retry_after is not None:
            response.headers["Retry-After"] = str(rule.retry_after)
        return response

    @abstractmethod
    def fault_error(self, request: web.Request, rule: FaultRule) -> web.Response:
        """The error of a fault as the vendor words it."""


AnyStandIn = StandIn[Any, Any]
