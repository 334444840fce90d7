"""Where things lie in the checkout. Commands write below `.local` and `.venv`, which git ignores."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCAL_DATA = ROOT / ".local"
LOGS = LOCAL_DATA / "logs"
STACK_DATA = LOCAL_DATA / "stack"
AZURITE_PINS = ROOT / "local" / "azurite"
BROWSER_PINS = ROOT / "local" / "browser"
AZURITE = LOCAL_DATA / "azurite"
SETTINGS_EXAMPLE = ROOT / "local.settings.example.json"
SETTINGS = ROOT / "local.settings.json"
