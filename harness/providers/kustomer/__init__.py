"""Kustomer: JSON:API documents about customers, their conversations and the objects of an organisation."""
