"""The benchmarks: how quickly Okta gets its answer, and how a flood of removals is worked off."""
