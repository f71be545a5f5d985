"""logdiag: finds connection leaks in server logs, and shows the lines that prove them."""

__version__ = "0.1.0"
