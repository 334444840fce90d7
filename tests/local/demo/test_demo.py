"""`make demo`, as a person runs it."""

import os
import subprocess
import sys

from local.paths import ROOT, SETTINGS


def test_the_demo_sees_every_claim_come_true_and_leaves_the_settings_alone() -> None:
    settings = SETTINGS.read_bytes() if SETTINGS.exists() else None
    environment = {**os.environ, "OKTA_ORG_URL": "https://real.okta.com", "DELAY_INTERVAL_TYPE": "year"}

    run = subprocess.run(
        [sys.executable, "-m", "local", "demo", "--delay", "2"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout + run.stderr
    assert "Every claim was seen to be true" in run.stdout
    assert "Subject: Office 365 Account for Maya Lin" in run.stdout
    assert "NO " not in run.stdout
    assert (SETTINGS.read_bytes() if SETTINGS.exists() else None) == settings
