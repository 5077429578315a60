"""What random tests share: how many cases run, a specification that works, and what a run must never do."""

import os

CODES = {0, 2, 3, 130}
SHARE = int(os.environ.get("CIRCUITSIM_FUZZ", "10"))  # percent of the cases; 100 for all
FOREIGN = ("Traceback", "Input should", "pydantic", "Invalid value for", "circuitsim: circuitsim:", "ONNXRuntimeError")


def share(cases: int) -> int:
    """Number of cases to run of all."""
    return max(1, cases * SHARE // 100)


def fault_of(code: object, out: str, err: str) -> str | None:
    """What a run of the command line did that it must never do; None if nothing."""
    if code not in CODES:
        return f"exit code {code}"
    if found := [word for word in FOREIGN if word in out + err]:
        return f"{found[0]!r} in what it said"
    said = err.strip().splitlines()
    if code and "Usage" not in out + err and not (said and said[-1].startswith("circuitsim: ")):
        return "no sentence of ours"
    return "a sentence of more than 2000 letters" if any(len(line) > 2000 for line in said) else None


GOOD = {
    "schema": 1,
    "array": {"rows": 3, "cols": 2, "cell": "1r", "temperature_c": 27},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 2.0, "r_col": "3", "c_row": "0.2f"},
    "driver": {"v_read": 0.2, "r_out": 50, "dac_bits": 8},
    "sense": {"r_in": 10},
    "adc": {"bits": 6},
}
