"""One small function per effect, a page per outside system; every one may run twice."""
