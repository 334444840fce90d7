"""The rules: pure functions and records. No clock, no environment, no network, no Azure."""
