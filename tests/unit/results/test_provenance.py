"""The provenance of several runs behind one result."""

import hashlib
from dataclasses import replace

from circuitsim.results import Provenance
from circuitsim.results.provenance import joint_provenance

FIRST = Provenance("ngspice", "aa", "d0", "39", {"reltol": "1e-10"}, files_digest="ff", attempts=1, seconds=0.5)


def test_all_decks_attempts_and_seconds_count():
    joint = joint_provenance("bb", [FIRST, replace(FIRST, deck_digest="d1", attempts=3, seconds=2.0)])
    assert joint.deck_digest == hashlib.sha256(b"d0d1").hexdigest()
    assert (joint.attempts, joint.seconds, joint.spec_digest) == (3, 2.5, "bb")
    assert (joint.level, joint.ngspice, joint.options, joint.files_digest) == ("ngspice", "39", FIRST.options, "ff")


def test_one_run_keeps_its_own():
    joint = joint_provenance("aa", [FIRST])
    assert joint == FIRST and joint.seconds == FIRST.seconds


def test_a_level_without_decks_has_no_digest_and_no_time():
    nodal = Provenance("nodal", "aa")
    joint = joint_provenance("aa", [nodal, nodal])
    assert joint.deck_digest is None and joint.seconds is None
