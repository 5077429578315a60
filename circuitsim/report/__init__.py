"""Figures, tables and one self-contained page; draws what it is given and computes nothing."""
