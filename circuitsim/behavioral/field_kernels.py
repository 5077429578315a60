"""Solve many chains of nodes, compiled."""

from circuitsim.nodal.kernel import kernel


@kernel
def eliminate_chains(pivot, link, v):
    """Solve chains of nodes, pivot·v − link·(v of both neighbors) = right, in place; see `fields.solve_chain`.

    Args:
        pivot: (chains, nodes, 1 or many) diagonals [S]; changed.
        link: (chains, nodes − 1) [S].
        v: (chains, nodes, many) right sides [A]; the solutions [V] take their place.
    """
    chains, nodes, many = v.shape
    each = pivot.shape[2] > 1
    for c in range(chains):
        for n in range(1, nodes):
            one = link[c, n - 1]
            for k in range(pivot.shape[2]):
                pivot[c, n, k] -= one / pivot[c, n - 1, k] * one
            share = one / pivot[c, n - 1, 0]
            for k in range(many):
                if each:
                    share = one / pivot[c, n - 1, k]
                v[c, n, k] += share * v[c, n - 1, k]
        for k in range(many):
            v[c, nodes - 1, k] /= pivot[c, nodes - 1, k if each else 0]
        for n in range(nodes - 2, -1, -1):
            for k in range(many):
                v[c, n, k] = (v[c, n, k] + link[c, n] * v[c, n + 1, k]) / pivot[c, n, k if each else 0]
