"""JSON:API documents: what kinds there are, how they are written, shown and listed."""
