"""Small decks turned into surfaces and tables with error bounds."""

from circuitsim.characterization.cell import cell

__all__ = ["cell"]
