"""The command line: thin commands over the public functions, one sentence per error, no traceback.

Exit codes: 0 done, 2 the input cannot be used, 3 a simulation failed. A command imports what it needs when it runs:
`circuitsim doctor` does not wait for the compiler of the array solver and the plotting library.
"""

from circuitsim.cli.commands import main

__all__ = ["main"]
