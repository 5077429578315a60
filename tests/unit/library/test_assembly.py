"""What ngspice reads: the deck, and one file of what the deck needs, both by an allow-list."""

import pytest

from circuitsim.errors import InputError, UnsafeFileError
from circuitsim.library import assemble, assemble_own

CELL = ".subckt m te be g=1u\nr1 te be {1/g}\n.ends\n"


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def models(folder, text, call="x1 a 0 m g=2u"):
    """Lines of models.lib for a deck that calls a sub-circuit of a library."""
    path = write(folder, "user.lib", text)
    return assemble_own(f'* t\n.include "{path}"\n{call}\n.end\n').models.splitlines()[1:]


def test_only_what_the_deck_needs_is_written(tmp_path):
    text = f".param used=1 more={{used}}\n.param spare=2\n.func f(x) {{x}}\n.subckt n a b\n.ends\n.model d1 d\n{CELL}"
    needs = text.replace("{1/g}", "{f(more)/g}")
    assert models(tmp_path, text) == CELL.splitlines()
    assert models(tmp_path, needs)[:2] == [".param used=1 more={used}", ".func f(x) {x}"]
    assert len(models(tmp_path, needs)) == 5


def test_comments_and_places_change_nothing(tmp_path):
    decks = []
    for folder, text in (("a", CELL), ("b/long name", f"* note\n\n{CELL.replace('te be g', 'te be  g')}* end\n")):
        path = write(tmp_path, f"{folder}/x.lib", text)
        decks.append(assemble_own(f'* t\n.include "{path}"\nx1 a 0 m\n.end\n').digest)
    assert decks[0] != assemble_own("* t\nx1 a 0 m\n.end\n").digest
    changed = write(tmp_path, "c.lib", CELL.replace("1/g", "2/g"))
    assert assemble_own(f'* t\n.include "{changed}"\nx1 a 0 m\n.end\n').digest not in decks


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (".subckt m (te be) PARAMS: g = 1u\nr1 te be 1\n.ends", [".subckt m te be g=1u", "r1 te be 1", ".ends"]),
        (
            '.subckt m te be\n.model x r rsh = {"a+b"} dw="c"\n.ends',
            [".subckt m te be", ".model x r rsh={a+b} dw={c}", ".ends"],
        ),
        (".subckt m te be\nr1 te be 1\n.ic v(te)=1\n.ends", [".subckt m te be", "r1 te be 1", ".ends"]),
    ],
)
def test_dialects_become_one(tmp_path, text, lines):
    assert models(tmp_path, text + "\n") == lines


@pytest.mark.parametrize(
    ("line", "error", "match"),
    [
        ("n1 te be va", InputError, r"line 2: 'n1 te be va' is an instance of a Verilog-A model.*\(OSDI\)"),
        ("a1 te be fs", InputError, "an instance of an XSPICE code model"),
        (".model x psp103va", InputError, r"model type 'psp103va' is not built into ngspice; .*\(OSDI\)"),
        ('.model x filesource (file="/etc/passwd")', UnsafeFileError, "reads or writes files"),
        (".model x numd level=1", UnsafeFileError, "reads or writes files"),
        ("b1 te be i={idt(v(te))}", InputError, r"calls idt\(\), a function of other simulators.*capacitor of 1 F"),
        ("b1 te be i=if(v(te)>0,1,0)", InputError, r"calls if\(\).*\? a : b"),
        ("b1 te be i={limit(v(te),0,1)}", InputError, "draws a random number"),
        ("b1 te be i={mine(v(te))}", InputError, r"calls mine\(\), which ngspice does not have"),
        ("r1 te be `date`", UnsafeFileError, "contains '`'"),
        ("r1 te be $(x)", UnsafeFileError, r"contains '\$'"),
        ("r1 te be 1\u00a0k", InputError, r"contains U\+00A0 \(NO-BREAK SPACE\)"),
        (".control", InputError, "stands inside a definition"),
        (".global te", InputError, "stands inside a definition"),
        (".osdi x", InputError, "stands inside a definition"),
    ],
)
def test_what_ngspice_must_not_see_is_refused_where_it_is_needed(tmp_path, line, error, match):
    text = f".subckt m te be g=1u\n{line}\n.ends\n"
    with pytest.raises(error, match=rf"user\.lib, line 2: .*{match}|{match}") as caught:
        models(tmp_path, text)
    assert "\n" not in str(caught.value) and "user.lib, line 2" in str(caught.value)
    assert (
        models(tmp_path, text + CELL.replace(" m ", " good "), "x1 a 0 good")
        == CELL.replace(" m ", " good ").splitlines()
    )


def test_two_files_that_mean_different_things_by_a_name_are_refused(tmp_path):
    one = write(tmp_path, "a.lib", ".param k=1\n" + CELL.replace("1/g", "k/g"))
    other = write(tmp_path, "b.lib", ".param k=2\n" + CELL.replace("1/g", "k/g").replace(" m ", " n "))
    deck = f'* t\n.include "{one}"\n.include "{other}"\nx1 a 0 m\nx2 a 0 n\n.end\n'
    with pytest.raises(InputError, match=r"b\.lib, line 1: 'k' is defined a second time .*\(first: .*a\.lib, line 1"):
        assemble_own(deck)
    other.write_text(other.read_text().replace("k=2", "k=1"), encoding="utf-8")
    assert assemble_own(deck).models.count(".param k=1") == 2


def test_two_units_of_length_are_refused(tmp_path):
    mos = ".subckt {0} d g w=1\nm1 d g 0 0 n1 w={{w}} l=1\n.model n1 nmos\n.ends\n"
    one = write(tmp_path, "a.lib", ".option scale=1u\n" + mos.format("m"))
    other = write(tmp_path, "b.lib", mos.format("n"))
    deck = f'* t\n.include "{one}"\n.include "{other}"\nx1 a 0 m\nx2 a 0 n\n.end\n'
    with pytest.raises(InputError, match=r"different units of length .*a\.lib: 1e-06 m, .*b\.lib: 1 m"):
        assemble_own(deck)
    other.write_text(CELL.replace(" m ", " n "), encoding="utf-8")
    assert ".option scale=1e-06" in assemble_own(deck).models


BINNED = (
    ".subckt m d g s b\n.param l=1 w=1 nf=1\nm1 d g s b n l={l} w={w} nf={nf}\n"
    + "".join(
        f".model n.{k} nmos lmin={lmin} lmax={lmax} wmin={wmin} wmax={wmax}\n"
        for k, (lmin, lmax, wmin, wmax) in enumerate(
            [("1e-07", "5e-07", "0", "1e-06"), ("5e-07", "1", "0", "1e-06"), ("1e-07", "5e-07", "1e-06", "1")]
        )
    )
    + ".ends\n"
)


@pytest.mark.parametrize(
    ("call", "bins"),
    [
        ("x1 a b 0 0 m l=0.2 w=0.5", "0"),
        ("x1 a b 0 0 m l=0.5 w=0.5", "01"),
        ("x1 a b 0 0 m l=0.2 w=2", "2"),
        ("x1 a b 0 0 m l=0.2 w=2 nf=4", "02"),
        ("x1 a b 0 0 m l=0.2 w=2\nx2 a b 0 0 m l=3 w=.5", "12"),
        ("x1 a b 0 0 m l=0.2 w={2*k}", "012"),
        ("x1 a b 0 0 m w=0.5", "1"),
    ],
)
def test_only_the_bins_of_the_sizes_in_the_deck_stay(tmp_path, call, bins):
    lines = models(tmp_path, ".option scale=1e-6\n" + BINNED, call)
    assert "".join(line[9] for line in lines if line.startswith(".model")) == bins


def test_a_size_that_no_bin_holds_is_refused_with_the_reach_of_the_bins(tmp_path):
    """Micrometres twice, by the file's scale and by the suffix."""
    said = r"no bin of the transistor model n holds w = 2e-06 m, l = 2e-13 m: its bins lie within w = 0 to 1 m"
    with pytest.raises(InputError, match=said):
        models(tmp_path, ".option scale=1e-6\n" + BINNED, "x1 a b 0 0 m l=0.2u w=2")


def test_a_whole_deck_keeps_its_sources_analyses_and_outputs(tmp_path):
    write(tmp_path, "user.lib", CELL)
    deck = "*ng_script\n.include user.lib\nV1 a 0 dc 1\n+ ac 1\nx1 a 0 m\n.dc V1 0 1 .1\n.save i(V1)\n.end\nrubbish"
    read = assemble(deck, tmp_path)
    assert read.deck.splitlines() == [
        "* ng_script",
        '.include "models.lib"',
        "V1 a 0 dc 1 ac 1",
        "x1 a 0 m",
        ".dc V1 0 1 .1",
        ".save i(V1)",
        ".end",
    ]
    assert read.models.splitlines()[1:] == CELL.splitlines()


def test_a_parameter_that_an_expression_of_the_deck_mentions_is_written(tmp_path):
    write(tmp_path, "user.lib", ".param k=3\n.param spare=1\n")
    read = assemble("* t\n.include user.lib\nv1 a 0 1\nr1 a 0 {2*k}\n.op\n.end\n", tmp_path)
    assert read.models.splitlines()[1:] == [".param k=3"]


@pytest.mark.parametrize(
    ("line", "error", "match"),
    [
        (".control", UnsafeFileError, "holds commands of ngspice"),
        (".print dc `date`", UnsafeFileError, "contains '`'"),
        (".save i(v1) > /tmp/x", UnsafeFileError, "contains '>'"),
        (".options filetype=ascii", InputError, "option 'filetype=ascii' is not one that circuitsim knows"),
        (".osdi x", InputError, r"does not know the card '\.osdi'"),
        ("a1 [a] x", InputError, "XSPICE"),
        (".include $HOME/x", UnsafeFileError, "write the path out"),
        (".lib tt", InputError, r"\.lib tt: expected \.lib FILE SECTION"),
        ("r1 a 0 1\u2003k", InputError, r"U\+2003 \(EM SPACE\)"),
    ],
)
def test_a_whole_deck_is_held_to_the_allow_list(tmp_path, line, error, match):
    with pytest.raises(error, match=match):
        assemble(f"* t\nv1 a 0 1\n{line}\n.op\n.end\n", tmp_path)
