"""Measured tables: what is read, what is refused and in which words."""

import numpy as np
import pytest

from circuitsim.devices.measurement import read_measurement
from circuitsim.errors import InputError

V = [round(0.05 * k, 2) for k in range(-4, 5)]
ROWS = [(v, 2e-5 * v) for v in V]


def write(tmp_path, text, name="iv.csv"):
    path = tmp_path / name
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text, encoding="utf-8", newline="")
    return path


def body(separator=",", end="\n"):
    return "".join(f"{v}{separator}{i}{end}" for v, i in ROWS)


def same(m):
    return m.v.tolist() == [v for v, _ in ROWS] and m.i.tolist() == [i for _, i in ROWS]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffv_V,i_A\n" + body(),
        "v_V,i_A\r\n" + body(end="\r\n"),
        ("v_V\ti_A\n" + body("\t")).encode("utf-16"),
        "# device 7, chip A\n# v_V,i_A\n" + body(),
        "Setup,RRAM sweep\nDate,2024-05-01\n\nV1 (V),I1 (A)\n" + body(),
        "v_V,i_A,\n" + body(end=",\n"),
        "v_V , i_A\n" + body(" , "),
        "v (V)  i [A]\n" + body("   "),
        "V / V;I / A\n" + body(";").replace(".", ","),
        "Voltage,Current\n(V),(A)\n" + body() + "\n,\n",
        '"Voltage, V","Current, A"\n' + body(),
        "v_V,i_A\n" + "".join(f'"{v}","{i}"\n'.replace(".", ",") for v, i in ROWS),
        "v_V,i_A\n" + body().replace("-", "\u2212"),
        "v_V,i_A\n# pause\n" + body(),
    ],
)
def test_dialects_of_one_table(tmp_path, text):
    measurement = read_measurement(write(tmp_path, text))
    assert same(measurement)
    assert measurement.notes == ()


def test_one_byte_micro_of_older_instruments(tmp_path):
    text = "V;I (µA)\n" + "".join(f"{v};{20 * v}\n" for v in V)
    m = read_measurement(write(tmp_path, text.encode("latin-1")))
    np.testing.assert_allclose(m.i, [i for _, i in ROWS], rtol=1e-15, atol=0)


def test_a_labeled_export_with_lines_before_the_heading(tmp_path):
    rows = "".join(f"DataValue, {k}, {v}, {i}\n" for k, (v, i) in enumerate(ROWS))
    text = "SetupTitle, IV\nTestParameter, Channel.VName, V1, V2\nDataName, Index, V1, I1\n" + rows
    m = read_measurement(write(tmp_path, text))
    assert same(m)
    assert m.notes == (f"{m.file}:3: no unit in the heading; read 'V1' in V and 'I1' in A",)


def test_gap_in_other_units(tmp_path):
    text = "v,i,gap_pm\n" + "".join(f"{v},{i},300\n" for v, i in ROWS)
    gap = read_measurement(write(tmp_path, text)).gap
    assert gap is not None
    assert gap.tolist() == [0.3] * len(ROWS)


def test_pairs_of_columns_of_unequal_length_are_joined(tmp_path):
    rows = [f"{v},{i},{v},{3 * i}" if k < 8 else f"{v},{i},," for k, (v, i) in enumerate(ROWS)]
    path = write(tmp_path, "va,ia,vb,ib\n" + "\n".join(rows))
    m = read_measurement(path, ["va", "ia", "vb", "ib"])
    assert m.v.tolist() == V + V[:8]
    assert m.i[len(V) :].tolist() == [3 * i for _, i in ROWS[:8]]


def test_v_max_keeps_smaller_voltages(tmp_path):
    text = "v,i\n" + "".join(f"{k / 20},1e-6\n" for k in range(1, 21))
    path = write(tmp_path, text)
    assert read_measurement(path, v_max=0.5).v.max() == 0.5
    with pytest.raises(InputError, match=r"4 points with a voltage other than 0 up to 0\.2 V, expected 8 or more"):
        read_measurement(path, v_max=0.2)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("v_V,i_A\n0.1,\n", r"iv\.csv:2: '0\.1,' \(no current\), expected 2 numbers between commas"),
        ("v_V,i_A\n0.1,1e-6\n0.2,#N/A\n", r"iv\.csv:3: '0\.2,#N/A', expected finite numbers; leave the line out"),
        ("v_V,i_A\n0.1,9.91e37\n", r"iv\.csv:2: .* 9\.91e37 marks an overflow, leave the line out"),
        ("v_V,i_A\n0,1,1e-6\n", r"iv\.csv:2: '0,1,1e-6', expected 2 cells as in the heading; a decimal comma needs"),
        ("v_V;i_A\n0,1;1.5e-6\n", r"iv\.csv:2: .*both a comma and a point in numbers, expected one decimal sign"),
        ("v_V;i_A\n0,1;1e-6\n0.2;1e-6\n", r"iv\.csv:3: .*both a comma and a point"),
        ("v_V,i_uV\n0.1,1\n", r"iv\.csv:1: 'i_uV': 'uV' is no unit of current, expected one of A, mA, uA, nA, pA, fA"),
        ("v_mV,i_A\nV,A\n0.1,1\n", r"iv\.csv:2: the unit of 'v_mV' is 'V' here"),
        ("v,i,v\n1,2,3\n", r"iv\.csv:1: 2 columns of voltage, 'v', 'v'; rename one"),
        ("v1,i1,i2\n1,2,3\n", r"iv\.csv:1: 2 columns of current, 'i1', 'i2'; take one of each with --columns v1,i1"),
        ("v,x\n1,2\n", r"iv\.csv:1: no column 'i'; found 'v', 'x'; expected a heading such as v_V,i_A"),
        ("v,i\n" + "".join(f"{k},{k}\n" for k in range(1, 12)), r"'i' has no unit and holds 11, which cannot be A"),
        ("-0.4,-26.7\n-0.2,-10\n", r"iv\.csv:1: no heading, and 2 columns that could be anything; write .* v_V,i_A"),
        ("0,-0.4,-2e-5\n1,-0.3,-1e-5\n", r"iv\.csv:1: no heading, and 3 columns"),
        ("PK\x03\x04\x00\x00", r"is no text, expected a CSV file .*; export it as text"),
    ],
)
def test_refusals_name_file_line_and_what_to_write(tmp_path, text, match):
    with pytest.raises(InputError, match=match) as caught:
        read_measurement(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_columns_that_are_not_there_or_do_not_pair(tmp_path):
    path = write(tmp_path, "a,b\n" + body())
    assert same(read_measurement(path, ["a", "b"]))
    with pytest.raises(InputError, match=r"iv\.csv:1: no line names the columns 'a', 'c'; found 'a', 'b'"):
        read_measurement(path, ["a", "c"])
    swapped = write(tmp_path, "v_V,i_A,x\n" + body(end=",\n"))
    with pytest.raises(InputError, match=r"columns = i_A,v_V: 'i_A' names a current, expected pairs .* voltage before"):
        read_measurement(swapped, ["i_A", "v_V"])
    with pytest.raises(InputError, match=r"iv\.csv: 0 points with a voltage other than 0"):
        read_measurement(write(tmp_path, "v,i,w,j\n,,,\n1e-3,1e-9,,\n"), ["w", "j", "w", "j"])
    with pytest.raises(InputError, match=r"columns = a: expected pairs of headings, voltage before current"):
        read_measurement(path, ["a"])
