"""WHAT is simulated: frozen dataclasses, and how they are read and checked."""
