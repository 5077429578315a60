"""The deck that characterizes a cell."""

from circuitsim.characterization.sweep import deck, plan


def test_the_title_says_what_the_deck_is_and_not_who_wrote_it(make_spec):
    """Messages put the title behind the name of the program: `circuitsim: characterization of one cell: …`."""
    spec = make_spec()
    sweep = plan(spec, (0.0, 0.2), 1e-5, (3, 3, 3))
    title = deck(spec, sweep.g, sweep.v_bl, sweep.v_sl).splitlines()[0]
    assert title == "* characterization of one cell"
