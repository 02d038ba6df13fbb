"""casb: a cloud access security broker for the terminal."""

__version__ = "0.1.0"
