import numpy as np

from circuitsim.netlist.stimulus import INPUTS, analysis_cards, index_cards, source_cards


def test_one_vector_is_plain_sources():
    assert source_cards(INPUTS, np.array([[0.25, -0.5]])) == ["vin_0 in_0 0 0.25", "vin_1 in_1 0 -0.5"]
    assert analysis_cards(1, ["i(vsense_0)"]) == [".op"]
    assert (index_cards(1), index_cards(2)) == ([], ["vidx idx 0 0"])


def test_batch_is_a_table_of_the_index():
    cards = source_cards(INPUTS, np.array([[0.25, 0.5], [0.75, 0.5]]))
    assert cards == [
        "bin_0 drv_0 0 v=pwl(v(idx),\n+ 0, 0.25, 1, 0.75)",
        "vin_0 in_0 drv_0 0",
        "vin_1 in_1 0 0.5",
    ]
    assert analysis_cards(2, ["i(vsense_0)"]) == [".print dc i(vsense_0)", ".dc vidx 0 1 1"]


def test_every_point_of_a_long_batch_is_in_the_table():
    card = source_cards(INPUTS, np.arange(20.0)[:, None])[0]
    numbers = card.split("v(idx),")[1].replace("\n+", "").rstrip(")").split(",")
    assert [float(n) for n in numbers] == [float(k) for k in range(20) for _ in range(2)]
    assert max(len(line) for line in card.splitlines()) < 400
