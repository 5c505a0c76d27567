"""Proof that fakes and mappings stay true: cassettes, suites that judge by them, and mutants that judge the suites.

`cassette` reads and writes conversations; `recording` makes and keeps them, `scrubbing` takes secrets and persons out.
`subject` is what is judged, a `case` one question, `suites` has them by kind, `run` asks them, `report` tells what came
of it, `proof` what that says of each operation. `bench`, `calls` and `operations` are what several suites stand on.
`mutate` breaks things on purpose; `pytest_suite` makes test classes of it all.
"""
