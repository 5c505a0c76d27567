"""Kustomer: `integration.yaml` says how it is reached, a file for each unified model how it is mapped."""
