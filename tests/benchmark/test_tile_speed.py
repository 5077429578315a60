"""Speed of a tile's reads beside one plain product; one run, one thread, an otherwise idle machine."""

import pytest
import reads


@pytest.mark.parametrize("name", reads.NAMES)
def test_reads_over_one_plain_product(name):
    (entry,) = reads.measure([name])
    assert entry["kept"], entry
