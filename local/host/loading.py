"""Imports an app folder and turns what it registered into our records; refuses what would go wrong later, by name."""

import importlib
import inspect
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure.functions import FunctionRegister

from local.host.host_settings import HostSettings, StartError, expand, load_local_settings, read_host_settings
from local.host.keys import ANONYMOUS

KINDS = {
    "httpTrigger": "http",
    "timerTrigger": "timer",
    "orchestrationTrigger": "orchestrator",
    "activityTrigger": "activity",
}
DURABLE = frozenset({"orchestrator", "activity"})


@dataclass(frozen=True)
class AppFunction:
    name: str
    kind: str
    call: Callable[..., Any]
    parameter: str
    client_parameters: tuple[str, ...] = ()
    wants_context: bool = False
    route: str = ""
    methods: tuple[str, ...] = ()
    auth_level: str = ANONYMOUS
    schedule: str = ""
    run_on_startup: bool = False
    use_monitor: bool | None = None

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.call)


@dataclass(frozen=True)
class App:
    folder: Path
    settings: HostSettings
    functions: list[AppFunction] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[AppFunction]:
        return [function for function in self.functions if function.kind == kind]


def load_app(folder: Path) -> App:
    """Settings first, then the module: apps read the environment while they are imported."""
    folder = folder.resolve()
    load_local_settings(folder)
    module_file = folder / os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    if not module_file.exists():
        raise StartError(f"there is no {module_file.name} in {folder}: give the app's folder with --app")
    settings = read_host_settings(folder)
    os.chdir(folder)
    if sys.path[0] != str(folder):
        sys.path.insert(0, str(folder))
    module = importlib.import_module(module_file.stem)
    return App(folder, settings, read_functions(_register(module)))


def read_functions(app: Any) -> list[AppFunction]:
    """Our records of what the app registered. Works once per app object: the SDK remembers the names it has given."""
    functions = [_record(function) for function in app.get_functions()]
    _refuse_duplicates(functions)
    return functions


def _register(module: Any) -> Any:
    """The one FunctionApp of the module; the real worker refuses two names for it as well."""
    names = [name for name, value in vars(module).items() if isinstance(value, FunctionRegister)]
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise StartError(f"{module.__name__} must hold exactly one FunctionApp or DFApp at its top; found: {found}")
    return getattr(module, names[0])


def _record(function: Any) -> AppFunction:
    name = function.get_function_name()
    trigger = function.get_trigger()
    if trigger is None:
        raise StartError(f"the function '{name}' has no trigger")
    kind = KINDS.get(trigger.type)
    if kind is None:
        raise StartError(f"the function '{name}' has a {trigger.type}, which the local host does not support")
    call = function.get_user_function()
    if kind == "orchestrator" and trigger.name != "context":
        raise StartError(f"the orchestrator '{name}': context_name must be 'context', not '{trigger.name}'")
    clients = _clients(name, function.get_bindings())
    parameters = set(inspect.signature(call).parameters)
    _refuse_parameters(name, parameters, {trigger.name, *clients})
    if kind in DURABLE:
        _refuse_durable(name, kind, trigger, call)
    if clients and not inspect.iscoroutinefunction(getattr(call, "client_function", call)):
        raise StartError(f"the function '{name}' has a durable client, so it must be 'async def'")
    return AppFunction(
        name=name,
        kind=kind,
        call=call,
        parameter=trigger.name,
        client_parameters=clients,
        wants_context=kind != "orchestrator" and "context" in parameters - {trigger.name, *clients},
        **_details(kind, trigger, name),
    )


def _details(kind: str, trigger: Any, name: str) -> dict[str, Any]:
    if kind == "http":
        methods = tuple(getattr(method, "value", str(method)).upper() for method in trigger.methods or ())
        level = str(getattr(trigger.auth_level, "value", trigger.auth_level or "function")).lower()
        return {"route": name if trigger.route is None else trigger.route, "methods": methods, "auth_level": level}
    if kind == "timer":
        return {
            "schedule": expand(trigger.schedule),
            "run_on_startup": bool(trigger.run_on_startup),
            "use_monitor": trigger.use_monitor,
        }
    return {}


def _clients(name: str, bindings: Iterable[Any]) -> tuple[str, ...]:
    clients = []
    for binding in bindings:
        if binding.type == "durableClient":
            clients.append(binding.name)
        elif binding.type not in KINDS and (binding.type, binding.name) != ("http", "$return"):
            raise StartError(
                f"the function '{name}' has a {binding.type} binding, which the local host does not support"
            )
    return tuple(clients)


def _refuse_parameters(name: str, parameters: set[str], bound: set[str]) -> None:
    """The real worker refuses to load a function whose parameters and bindings differ."""
    if missing := bound - parameters:
        raise StartError(f"the function '{name}' lacks parameters for its bindings: {', '.join(sorted(missing))}")
    if unbound := parameters - bound - {"context"}:
        raise StartError(f"the function '{name}' has parameters without a binding: {', '.join(sorted(unbound))}")


def _refuse_durable(name: str, kind: str, trigger: Any, call: Any) -> None:
    alias = getattr(trigger, "orchestration" if kind == "orchestrator" else "activity", None)
    if alias is not None and alias != name:
        raise StartError(
            f"the {kind} '{name}' has the alias '{alias}': call_activity and call_sub_orchestrator ignore aliases when"
            " they are given the function, so rename the function instead"
        )
    if call.__name__ != name:
        raise StartError(
            f"the {kind} '{call.__name__}' is renamed to '{name}' by @function_name, which call_activity and"
            " call_sub_orchestrator ignore: rename the function instead"
        )
    inner = getattr(call, "orchestrator_function", None)
    if inner is not None and (inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner)):
        raise StartError(
            f"the orchestrator '{name}' is 'async def'; orchestrators are generators: use 'def' and 'yield'"
        )


def _refuse_duplicates(functions: list[AppFunction]) -> None:
    counted = Counter(function.name.casefold() for function in functions)
    if twice := sorted(name for name, count in counted.items() if count > 1):
        raise StartError(f"more than one function has the name: {', '.join(twice)} (case does not count)")
