"""What holds for all tests."""

from hypothesis import settings

# A first example imports, compiles or characterizes, and a busy machine takes its time: that is no fault of the code.
settings.register_profile("circuitsim", deadline=None)
settings.load_profile("circuitsim")
