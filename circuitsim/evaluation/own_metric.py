"""Read a function from a Python file of the user's: a measure of how well outputs agree with labels."""

import importlib.util
from pathlib import Path
from typing import Any, cast

from circuitsim.errors import InputError
from circuitsim.network import Metric
from circuitsim.spec import checked


@checked
def read_metric(text: str) -> Metric:
    """Return the function that "FILE.py:NAME" names; the file is executed.

    Raises:
        InputError: The text has another form, the file is missing or fails, or has no such function.
    """
    file, colon, name = text.rpartition(":")
    path = Path(file)
    if not colon or path.suffix != ".py" or not name.isidentifier():
        raise InputError(f"metric = {text!r}: expected FILE.py:NAME, a Python file and the name of a function in it")
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a Python file with the function {name!r}")
    spec = importlib.util.spec_from_file_location("metric_of_the_user", path)
    assert spec is not None and spec.loader is not None  # the suffix is that of Python
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the file of the user raises
        raise InputError(
            f"{path}: fails with {type(error).__name__} when it is read; expected Python that runs"
        ) from None
    function: Any = getattr(module, name, None)
    if not callable(function):
        raise InputError(f"{path}: has no function {name!r}; expected one of outputs and labels")
    return cast("Metric", function)
