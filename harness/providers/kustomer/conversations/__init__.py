"""Conversations, and all that is said in them."""
