"""The packs that come with the harness, one folder a provider."""
