"""The road as arrays, and what happens on it as events."""
