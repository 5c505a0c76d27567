"""The unified API as a provider: one schema, a proxy and free paths over the other providers of a sandbox."""
