"""One small function per outside change, a page per outside system; every one may run twice."""
