"""Calls to a provider's real hosts, answered by an account in process: `account.intercept()`.

Only the patches of libraries that are in use are loaded, and only while somebody intercepts.
"""

from harness.testing.interception.hosts import AmbiguousInterception, Interception, intercepting

__all__ = ["AmbiguousInterception", "Interception", "intercepting"]
