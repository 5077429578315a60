"""The deck of a bench is read by its structure: devices under test, sources, sweep, options."""

import pytest

from circuitsim.characterization import READ, SWITCHING, bench_deck, has_bench, state_label
from circuitsim.characterization.bench_circuit import BenchSource, read_circuit
from circuitsim.devices import list_cards, load_card
from circuitsim.errors import InputError
from circuitsim.units import parse_quantity

DECK = """* bench: x9 a 0 mine g=9
.include "mine.lib"
V1 v 0 0
vm1 v a1 0
x1 a1 0 other g=7
x2 a1 0 mine
+ g=1u v0=0.25
vd d2 0 pwl(0 0 1u 4)
.DC V1 -1 1 0.5
.save v(v) i(vm1)
.options reltol=1e-10 gmin=1e-15
.end
"""


def test_a_deck_is_read():
    circuit = read_circuit(DECK, "mine", ("te", "be"))
    (instance,) = circuit.instances
    assert instance.nodes == {"te": "a1", "be": "0"}
    assert instance.values == {"g": "1u", "v0": "0.25"}
    assert circuit.swept == "v1" and circuit.sources["v1"] == BenchSource("v1", "v", "0", "0")
    assert circuit.sources["vd"].value == "pwl(0 0 1u 4)"
    assert circuit.source_at("a1").current == "i(vm1)"
    assert circuit.saved == ("v(v)", "i(vm1)")
    assert circuit.options == {"reltol": "1e-10", "gmin": "1e-15"}


def test_what_a_deck_lacks_is_named():
    with pytest.raises(InputError, match="no instance of 'yours', expected one or more"):
        read_circuit(DECK, "yours", ("te", "be"))
    with pytest.raises(InputError, match=r"x2 has 2 nodes, expected 3 \(te ga be\)"):
        read_circuit(DECK, "mine", ("te", "ga", "be"))
    circuit = read_circuit(DECK, "mine", ("te", "be"))
    with pytest.raises(InputError, match="voltage sources at node 'b': none; expected one"):
        circuit.source_at("b")
    with pytest.raises(InputError, match="voltage sources at node 'v': v1 vm1; expected one"):
        circuit.source_at("v")


@pytest.mark.parametrize("name", [name for name in list_cards() if has_bench(load_card(name), READ)])
def test_every_read_bench_reads_its_card_and_saves_what_is_drawn(name):
    card = load_card(name)
    circuit = read_circuit(bench_deck(card), card.subckt, card.ports)
    if circuit.swept is None:
        assert name == "charge_cell" and len(circuit.instances) == 8
        return
    assert f"v({circuit.sources[circuit.swept].plus})" in circuit.saved
    for instance in circuit.instances:
        assert circuit.source_at(instance.nodes["te" if "te" in card.ports else "d"]).current in circuit.saved
        if card.state is not None:
            state = parse_quantity(instance.values[card.state.parameter])
            rounding = 1e-5 * max(abs(card.state.minimum), abs(card.state.maximum))  # six digits are written
            assert card.state.minimum - rounding <= state <= card.state.maximum + rounding


@pytest.mark.parametrize("name", [name for name in list_cards() if has_bench(load_card(name), SWITCHING)])
def test_every_switching_bench_saves_state_and_current(name):
    dynamic = load_card(name).dynamic
    circuit = read_circuit(bench_deck(load_card(name), SWITCHING), dynamic.subckt, dynamic.ports)
    assert f"v({circuit.instances[0].nodes['st']})" in circuit.saved
    assert sum(vector.startswith("i(") for vector in circuit.saved) == 1


def test_states_are_written_with_their_unit():
    assert state_label(load_card("rram_sinh"), 1e-5) == "10 µS"
    assert state_label(load_card("fefet_hzo"), -1.0) == "p = -1"
    with pytest.raises(InputError, match="nmos_65: a transistor has no state"):
        state_label(load_card("nmos_65"), 1.0)
