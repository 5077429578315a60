"""Binary raw files: real and complex, several analyses, and every way in which one can be broken."""

import numpy as np
import pytest

from circuitsim.errors import SimulatorError
from circuitsim.spice import read_raw

REAL = np.array([[0.0, 1.5e-6, -2.0], [1.0, 3.25e-6, -4.0]])
COMPLEX = np.array([[1.0 + 0j, 0.5 - 0.25j], [10.0 + 0j, 0.125 + 1j]])


def plot(name, variables, data, flags="real", points=None):
    header = [
        "Title: * a title with Binary in it",
        "Date: Fri Nov 20 13:33:31  2026",
        f"Plotname: {name}",
        f"Flags: {flags}",
        f"No. Variables: {data.shape[1]}",
        f"No. Points: {len(data) if points is None else points}       ",
        "Variables:",
        *[
            f"\t{k}\t{variable}\t{'current' if variable.startswith('i') else 'voltage'}"
            for k, variable in enumerate(variables)
        ],
        "Binary:",
        "",
    ]
    return "\n".join(header).encode() + data.tobytes()


def test_reads_a_real_plot(tmp_path):
    path = tmp_path / "deck.raw"
    path.write_bytes(plot("DC transfer characteristic", ["v(v-sweep)", "i(Vs)", "v(a)"], REAL))
    (only,) = read_raw(path)
    assert only.name == "DC transfer characteristic"
    assert only.variables == ("v(v-sweep)", "i(vs)", "v(a)")
    np.testing.assert_array_equal(only.data, REAL)
    np.testing.assert_array_equal(only["I(VS)"], REAL[:, 1])
    np.testing.assert_array_equal(only.columns(["v(a)", "i(vs)"]), REAL[:, [2, 1]])


def test_reads_several_plots_real_and_complex(tmp_path):
    path = tmp_path / "deck.raw"
    second = plot("AC Analysis", ["frequency", "v(b)"], COMPLEX, flags="complex")
    path.write_bytes(plot("Operating Point", ["v(a)", "v(b)", "i(vs)"], REAL[:1]) + second)
    first, last = read_raw(path)
    assert first.data.shape == (1, 3)
    np.testing.assert_array_equal(last.data, COMPLEX)


def test_unknown_vector_names_what_there_is(tmp_path):
    path = tmp_path / "deck.raw"
    path.write_bytes(plot("dc", ["v(v-sweep)", "i(vs)", "v(a)"], REAL))
    (only,) = read_raw(path)
    with pytest.raises(KeyError, match=r"i\(vsense_5\) is not among the 3 saved vectors"):
        only["i(vsense_5)"]
    with pytest.raises(KeyError, match=r"v\(zz\)"):
        only.columns(["v(a)", "v(zz)"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (plot("dc", ["a", "b", "c"], REAL)[:-1], "cut off: 1 bytes"),
        (plot("dc", ["a", "b", "c"], REAL, points=10**9), "cut off"),
        (plot("dc", ["a", "b", "c"], REAL)[:150], "no 'Binary:' section"),
        (plot("dc", ["a", "b", "c"], REAL).replace(b"No. Points: 2", b"No. Points:  "), "number of points"),
        (plot("dc", ["a", "b", "c"], REAL).replace(b"\t1\tb\tvoltage\n", b""), "names 2 of 3 vectors"),
    ],
)
def test_broken_files_are_refused_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "deck.raw"
    path.write_bytes(content)
    with pytest.raises(SimulatorError, match=sentence) as caught:
        read_raw(path)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(SimulatorError, match="cannot be read"):
        read_raw(tmp_path / "none.raw")
