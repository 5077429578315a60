"""Charges come from one run per input vector, and the solution accounts for every one of them."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.testing import assert_allclose

from circuitsim.netlist import transient
from circuitsim.netlist.transient import METER_C
from circuitsim.spec import parse_spec
from circuitsim.spice import Plot, RawResult, Simulator
from circuitsim.spice.result import Attempt
from circuitsim.truth.in_time import charges

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 2, "cols": 3, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2, "input_code": "pulse_width"},
    }
)


def _run(deck, digest, i_out, attempts):
    """A finished run with a constant current into every sense amplifier and its charge meter."""
    time = np.linspace(0.0, deck.pulse.t_stop, 11)
    names = ("time", *deck.v_in, *deck.i_row, *deck.i_out, *deck.q_out)
    data = np.zeros((11, len(names)))
    data[:, 0] = time
    data[:, -6:-3] = i_out
    data[:, -3:] = i_out * time[:, None] / METER_C
    tried = tuple(Attempt("as written", {}, None, 0.25) for _ in range(attempts))
    simulator = Simulator(Path("ngspice"), 39, "ngspice-39", False)
    return RawResult((Plot("tran", names, data),), simulator, {"reltol": "1e-6"}, tried, digest, "", None)


def test_the_provenance_is_that_of_all_runs():
    decks = [transient(SPEC, np.full((2, 3), 1e-5), x) for x in ([0.5, 1.0], [1.0, 0.0])]
    solution = charges(decks, [_run(decks[0], "first", 1e-6, attempts=1), _run(decks[1], "second", 2e-6, attempts=3)])
    t_stop = decks[0].pulse.t_stop
    assert_allclose(solution.out, [[1e-6 * t_stop] * 3, [2e-6 * t_stop] * 3], rtol=1e-12, atol=0)
    origin = solution.provenance
    assert origin.deck_digest == hashlib.sha256(b"firstsecond").hexdigest()
    assert (origin.attempts, origin.seconds) == (3, 1.0)
    assert (origin.spec_digest, origin.files_digest) == (SPEC.digest, decks[0].cell_digest)


def test_a_single_run_keeps_the_digest_of_its_deck():
    deck = transient(SPEC, np.full((2, 3), 1e-5), [0.5, 1.0])
    assert charges([deck], [_run(deck, "only", 1e-6, attempts=1)]).provenance.deck_digest == "only"
