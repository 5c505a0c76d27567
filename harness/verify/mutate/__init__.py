"""Sensitivity: a fake or a mapping is broken on purpose, and the suites have to notice."""
