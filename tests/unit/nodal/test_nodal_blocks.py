import numpy as np
import pytest

from circuitsim.nodal import blocks


@pytest.mark.parametrize("sizes", [(1, 7, 8, 9), (64, 0, 3), (100_000, 100_000)])
def test_arrays_side_by_side_begin_lines_of_the_cache_and_share_nothing(sizes):
    arrays = blocks.aligned_parts(*sizes)
    assert [each.size for each in arrays] == list(sizes)
    assert all(each.ctypes.data % 64 == 0 for each in arrays if each.size)
    for k, each in enumerate(arrays):
        each[:] = k
    assert all(np.all(each == k) for k, each in enumerate(arrays))
