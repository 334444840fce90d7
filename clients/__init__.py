"""The official SDKs behind our words. Errors and records load without any of them."""
