"""Proof that fakes and mappings stay true: cassettes, suites that judge by them, and mutants that judge the suites."""
