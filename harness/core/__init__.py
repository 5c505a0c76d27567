"""The core of the fakes: it knows no provider, no server and no test runner."""
