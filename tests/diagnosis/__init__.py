"""Tests of the diagnosis room, and the small helpers that they share (`builders`)."""
