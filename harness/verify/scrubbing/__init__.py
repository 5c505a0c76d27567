"""Taking secrets and persons out of cassettes, so that joins, lengths and formats stay."""
