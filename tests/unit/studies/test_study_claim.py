"""What a claim takes, and the sentences for what it does not."""

import pytest

from circuitsim.errors import InputError
from circuitsim.studies import claim_json_schema, load_claim

HEAD = 'schema = 1\ntitle = "A study"\npaper = "Somebody, 2020"\nkind = "exact"\n'
CLAIM = '[[claims]]\nname = "i"\nquantity = "current"\nunit = "A"\nwhere = "table 1"\nreason = "digits"\n'
GOOD = HEAD + CLAIM + "relative = 0.1\nvalues.a = 1.0\nvalues.b = [1.0, 2.0]\n"


def written(folder, text):
    (folder / "claim.toml").write_text(text)
    return folder / "claim.toml"


def test_a_claim_holds_a_number_or_a_row(tmp_path):
    claim = load_claim(written(tmp_path, GOOD))
    assert claim.published(claim.claims[0]) == {"a": (1.0,), "b": (1.0, 2.0)}
    assert (claim.claims[0].judged, claim.claims[0].allowed) == ("relative", 0.1)


def test_a_claim_repeats_the_values_of_another(tmp_path):
    other = CLAIM.replace('"i"', '"j"') + 'absolute = 0.5\nvalues_of = "i"\ncases = ["b"]\n'
    claim = load_claim(written(tmp_path, GOOD + other))
    assert claim.published(claim.claims[1]) == {"b": (1.0, 2.0)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "claims"),
        (GOOD.replace("relative = 0.1", ""), "expected one of relative, of_largest and absolute, got none"),
        (GOOD.replace("relative", "relativ"), "relativ"),
        (GOOD + "absolute = 1.0\n", r"got \['relative', 'absolute'\]"),
        (GOOD + "bounds.c.least = 1\n", "expected one of values, values_of and bounds"),
        (HEAD + CLAIM + "bounds.c.least = 2\nbounds.c.most = 1\n", "least = 2 is above most = 1"),
        (HEAD + CLAIM + "relative = 0.1\nbounds.c.least = 2\n", "expected no tolerance beside bounds"),
        (GOOD.replace("values.a = 1.0", "values.a = []"), "values.a: expected one or more finite numbers"),
        (GOOD.replace("values.a = 1.0", "values.a = nan"), "finite"),
        (GOOD.replace('reason = "digits"\n', ""), "reason"),
        (GOOD.replace('"exact"', '"certain"'), "kind"),
        (GOOD + CLAIM.replace('"i"', '"j"') + 'relative = 0.1\nvalues_of = "k"\n', "expected a claim that has values"),
        (
            GOOD + CLAIM.replace('"i"', '"j"') + 'relative = 0.1\nvalues_of = "i"\ncases = ["c"]\n',
            "'c' is no case of i",
        ),
        (GOOD + '[[deviations]]\nclaim = "k"\nup_to = 1\nexplanation = "because"\n', "'k' is no claim; there are i"),
        (
            GOOD + '[[deviations]]\nclaim = "i"\ncases = ["A"]\nup_to = 1\nexplanation = "because"\n',
            "'A' is no case of i",
        ),
        ("[", "not valid TOML"),
    ],
)
def test_what_a_claim_does_not_take(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        load_claim(written(tmp_path, text))


def test_every_key_of_a_claim_says_what_it_means():
    schema = claim_json_schema()
    for table in [schema, *schema["$defs"].values()]:
        assert all("description" in key for key in table["properties"].values())
