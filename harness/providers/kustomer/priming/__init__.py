"""How answers of the real provider become documents."""
