"""Mesa: who: parents and buses, each with a day that is one short generator, `trip()`."""
