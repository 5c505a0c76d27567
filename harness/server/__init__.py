"""The fakes behind a socket: an ASGI application, its control plane, and the process that serves it."""
