"""Results of the studies of chips are those of the presets as they are: a changed key makes them old."""

import numpy as np
import pytest

from circuitsim.results import load_study_result
from circuitsim.studies import find_study
from circuitsim.studies.folders import load_code

CASES = {
    "chips": ("hermes", "isaac", "mythic", "neurram", "prime", "samsung_mram", "sonos_40nm", "tetramem", "tsmc_7nm"),
    "neurram_energy": ("3 1", "8 6"),
    "tsmc_sram": ("value 15", "0.65 V"),
    "charge_65nm": ("1.2 V",),
    "sort_in_memory": ("uniform, 2 states",),
}


@pytest.mark.parametrize(("name", "case"), [(name, case) for name, cases in CASES.items() for case in cases])
def test_a_committed_result_is_that_of_the_preset(name, case):
    study = find_study(name)
    code = load_code(study.folder)
    found = code.compute(code.cases[case])
    rows = [row for row in load_study_result(study.folder / "result.json").rows if row.case == case]
    assert rows
    for row in rows:
        # bounds of errors lie near rounding, where digits are those of the machine
        np.testing.assert_allclose(
            np.atleast_1d(found[row.claim]), row.found, rtol=1e-3, atol=1e-8 * (row.claim == "off")
        )
