"""Files, and the storage that keeps them."""
