"""The projection of a world, and what the other side does."""
