"""A user's file becomes definitions; the bench around them is left out and told."""

import pytest

from circuitsim.errors import InputError
from circuitsim.library import LeftOutWarning, find_subckt, read_library, tell_left_out

MODEL = ".subckt m te be g=1u\nr1 te be {1/g}\n.ends\n"


def library(folder, text, sections=()):
    path = folder / "user.lib"
    path.write_text(text, encoding="utf-8")
    return read_library(path, sections)


def test_definitions_in_their_order(tmp_path):
    read = library(
        tmp_path,
        f".param a=1 b = '2 * a'\n.func f(x) {{x*x}}\n.model d1 d(is=1f)\n{MODEL}"
        ".if (a == 1)\n.param c=1\n.else\n.param c=2\n.endif\n",
    )
    assert [(one.card, one.names) for one in read.definitions] == [
        (".param", ("a", "b")),
        (".func", ("f",)),
        (".model", ("d1",)),
        (".subckt", ("m",)),
        (".if", ("c", "c")),
    ]
    assert read.left_out == ()


@pytest.mark.parametrize(
    ("bench", "what"),
    [
        ("Vin in 0 1", "an element outside a sub-circuit"),
        ("My memristor model, v2", "an element outside a sub-circuit"),
        (".tran 1n 1u", "an analysis"),
        (".DC Vin 0 1 .1", "an analysis"),
        (".print dc v(a)", "an output"),
        (".global be", "a connection of nodes"),
        (".options reltol=.1", "an option"),
        (".option scale=1u reltol=.1", "an option"),
        (".temp 127", "a temperature"),
        (".nodeset v(in_0)=5", "a node voltage"),
        (".control\nshell rm x\n.endc", "a .control block"),
        ("shell rm x", "an element outside a sub-circuit"),
        (".csparam x=1", "part of a bench"),
    ],
)
def test_the_authors_bench_is_left_out_and_told(tmp_path, bench, what):
    read = library(tmp_path, f"* file\n{bench}\n{MODEL}")
    assert [(one.statement.line, one.what) for one in read.left_out] == [(2, what)]
    assert find_subckt(read, "m").terminals == ("te", "be")
    with pytest.warns(LeftOutWarning, match=rf"user\.lib: not used: line 2 \({what}\)"):
        tell_left_out(read)


def test_nothing_counts_behind_the_end(tmp_path):
    read = library(tmp_path, f"{MODEL}.end\n.param x=1\n")
    assert len(read.definitions) == 1
    assert [one.what for one in read.left_out] == ["the end of a deck", "behind .end"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (".subckt m a b\nr1 a b 1k\n", r"line 1: '\.subckt m a b' has no \.ends"),
        (".if (x)\n.param y=1\n", r"line 1: '\.if \(x\)' has no \.endif"),
        (".osdi evil.osdi\n", r"line 1: .* does not know the card '\.osdi'"),
        (".include\u2003a.lib b.lib\n", r"line 1: .* does not know the card"),
        (".option scale=big\n", r"line 1: \.option scale=big, expected a positive number"),
    ],
)
def test_what_is_unknown_is_refused_with_its_place(tmp_path, text, match):
    with pytest.raises(InputError, match=rf"user\.lib, {match}"):
        library(tmp_path, text)


def test_scale_is_read(tmp_path):
    assert library(tmp_path, ".OPTION scale = 1u\n").scale == 1e-6
    assert library(tmp_path, ".options parser scale=1.0u\n").left_out == ()


@pytest.mark.parametrize(
    ("line", "terminals", "defaults"),
    [
        (".subckt m te be g=10u", ("te", "be"), {"g": "10u"}),
        (".SUBCKT M (TE be) PARAMS: G = 10u rs='1 / 2'", ("te", "be"), {"g": "10u", "rs": "'1 / 2'"}),
        (".subckt m te be\n+ g = {1u * 10}   $ state\n* c\n+ n=2", ("te", "be"), {"g": "{1u * 10}", "n": "2"}),
    ],
)
def test_declarations_of_sub_circuits(tmp_path, line, terminals, defaults):
    subckt = find_subckt(library(tmp_path, f"{line}\n.param ron = 10k\n.ends\n"), "m")
    assert (subckt.terminals, subckt.defaults, subckt.inner) == (terminals, defaults, {"ron": "10k"})


def test_a_missing_sub_circuit_is_named_with_what_there_is(tmp_path):
    with pytest.raises(InputError, match=r"user\.lib: no sub-circuit 'mm'; there is m"):
        find_subckt(library(tmp_path, MODEL), "mm")
    read = library(tmp_path, f".lib tt\n{MODEL}.endl\n.lib ss\n.endl\n")
    with pytest.raises(InputError, match="there is none; the file has the corners tt, ss: name one"):
        find_subckt(read, "m")


def test_a_model_that_is_named_as_a_sub_circuit_is_told(tmp_path):
    read = library(tmp_path, ".model nch nmos level=1 vto=0.4\n")
    with pytest.raises(InputError, match=r"no sub-circuit 'NCH'; there is none; it is a \.model: write a \.subckt"):
        find_subckt(read, "NCH")


def test_a_sub_circuit_that_is_defined_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"line 4: sub-circuit 'm' is defined a second time \(first: .*line 1\)"):
        find_subckt(library(tmp_path, MODEL + MODEL.replace("1/g", "2/g")), "m")


def test_the_end_of_an_included_file_is_not_that_of_the_file_that_includes_it(tmp_path):
    """Schematic editors end every netlist by `.end`; ngspice reads on after the include."""
    (tmp_path / "cell.spice").write_text(".subckt cell a b\nr1 a b 1\n.ends\n.end\nr9 1 0 1\n", encoding="utf-8")
    read = library(tmp_path, '.include "cell.spice"\n.subckt mine a b\nx1 a b cell\n.ends\n')
    assert find_subckt(read, "mine").name == "mine" and find_subckt(read, "cell").name == "cell"
    assert [one.what for one in read.left_out] == ["the end of a deck", "behind .end"]
    ended = library(tmp_path, '.end\n.include "cell.spice"\n')
    with pytest.raises(InputError, match="no sub-circuit 'cell'"):
        find_subckt(ended, "cell")
