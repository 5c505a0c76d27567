"""Users, teams, roles and tokens."""
