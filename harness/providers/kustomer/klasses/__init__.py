"""Klasses, their objects, and custom attributes."""
