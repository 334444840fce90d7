"""The flows, deterministic: they only order the steps; `lifecycle` decides, `activities` act."""
