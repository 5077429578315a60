"""What is known before a campaign runs: measures that cannot run, and what a function of the user's is made of."""

import pytest
from array_toml import ARRAY

from circuitsim import campaign
from circuitsim.campaign.expansion import array_at
from circuitsim.campaign.point_keys import measure_digest
from circuitsim.errors import InputError

HEAD = 'schema = 1\nbase = "array.toml"\n'


def planned(folder, text, array=ARRAY):
    (folder / "array.toml").write_text(array)
    (folder / "c.toml").write_text(HEAD + text)
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[measures.settling]", r"measures.settling: .*adc.bits and adc.full_scale as numbers"),
        ("[measures.n]\nfunction = 'noise'", "measures.n: .*statistics"),
        (
            "[measures.read]\narguments = { matrix = 'round' }",
            "measures.read: matrix = 'round': expected one of log_uni",
        ),
        (
            '[axes]\n"array.input_line" = ["bl", "wl"]\n[measures.error_of_ideal]',
            "array.input_line = 'wl'",
        ),
    ],
)
def test_a_measure_that_cannot_run_is_refused_when_it_is_planned(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        planned(tmp_path, text)


def test_a_key_within_a_table_varies_alone(tmp_path):
    """The other keys of the table stay what the array says."""
    array = ARRAY.replace("[wire]", "[wire]\nstrap_row = { every = 2, r = 0.2, r_via = 5 }")
    plan = planned(tmp_path, '[axes]\n"wire.strap_row.every" = [1, 2]\n[measures.read]', array)
    straps = [array_at(plan.setup, (k,)).wire.strap_row for k in range(2)]
    assert [(strap.every, strap.r, strap.r_via) for strap in straps] == [(1, 0.2, 5.0), (2, 0.2, 5.0)]


def test_a_band_makes_settling_possible(tmp_path):
    text = "[measures.settling]\narguments = { band = 1e-7 }"
    array = ARRAY.replace("c_row = 0", "c_row = 1e-15")
    assert len(planned(tmp_path, text, array).points) == 1


def test_modules_of_the_folder_that_a_measure_imports_count(tmp_path):
    """A change of any of them gives other keys; of a module that is not imported it does not."""
    package = tmp_path / "parts_of_it"
    package.mkdir()
    files = {
        tmp_path
        / "own_measure.py": "import math\nfrom parts_of_it import one\n\n\ndef f(spec, rng):\n    import late_one\n",
        tmp_path / "late_one.py": "A = 1\n",
        tmp_path / "other_one.py": "A = 1\n",
        package / "__init__.py": "",
        package / "one.py": "from . import two\n",
        package / "two.py": "A = 1\n",
    }
    for path, content in files.items():
        path.write_text(content)
    plan = planned(tmp_path, '[measures.m]\nfunction = "own_measure:f"\n')
    call = plan.setup.measures["m"]
    first = measure_digest(call)
    for path, content in files.items():
        path.write_text(content + "# changed\n")
        assert (measure_digest(call) == first) == (path.name == "other_one.py"), path
        path.write_text(content)
    assert measure_digest(call) == first
