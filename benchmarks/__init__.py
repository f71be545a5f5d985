"""How fast logdiag is, beside what one would run instead. `make bench` runs it."""
