"""Loops over the nodes of an array, compiled."""

import numpy as np

from circuitsim.nodal.kernel import kernel


@kernel
def eliminate_chains(behind, link, pivot, v):
    """Solve chains of nodes in place; see `fields.solve_chain`.

    A pivot is the next segment plus what lies behind it: sums only, so that a segment of any conductance keeps all
    digits of the others.

    Args:
        behind: (chains, nodes, 1 or many) conductances from the nodes [S]; changed.
        link: (chains, nodes + 1) [S].
        pivot: As `behind`, written.
        v: (chains, nodes, many) right sides [A]; the solutions [V] take their place.
    """
    chains, nodes, many = v.shape
    kinds = behind.shape[2]
    for c in range(chains):
        for k in range(kinds):
            behind[c, 0, k] += link[c, 0]
            pivot[c, 0, k] = behind[c, 0, k] + link[c, 1]
        for n in range(1, nodes):
            here, following = link[c, n], link[c, n + 1]
            for k in range(kinds):
                behind[c, n, k] += here / pivot[c, n - 1, k] * behind[c, n - 1, k]
                pivot[c, n, k] = behind[c, n, k] + following
            if kinds == 1:
                share = here / pivot[c, n - 1, 0]
                for k in range(many):
                    v[c, n, k] += share * v[c, n - 1, k]
            else:
                for k in range(many):
                    v[c, n, k] += here / pivot[c, n - 1, k] * v[c, n - 1, k]
        for n in range(nodes - 1, -1, -1):
            following = link[c, n + 1] if n < nodes - 1 else 0.0
            after = min(n + 1, nodes - 1)
            for k in range(many):
                v[c, n, k] = (v[c, n, k] + following * v[c, after, k]) / pivot[c, n, k if kinds > 1 else 0]


@kernel
def sum_inverses(load, link, weight, push, out):
    """Add Σ_a weight[a, j]·inverse_a[j, l]·push[a, l] to out (nodes, nodes), with the inverse of each chain's matrix.

    Away from the node of a current the voltage falls, segment by segment, by factors that are sums of conductances: no
    digit is lost, however far.

    Args:
        load, weight, push: (chains, nodes).
        link: (chains, nodes + 1) [S].
        out: Changed.
    """
    chains, nodes = load.shape
    left, right, v = np.empty(nodes), np.empty(nodes), np.empty(nodes)
    for a in range(chains):
        left[0], right[nodes - 1] = link[a, 0], link[a, nodes]
        for n in range(1, nodes):
            behind = left[n - 1] + load[a, n - 1]
            left[n] = link[a, n] / (link[a, n] + behind) * behind
        for n in range(nodes - 2, -1, -1):
            behind = right[n + 1] + load[a, n + 1]
            right[n] = link[a, n + 1] / (link[a, n + 1] + behind) * behind
        for j in range(nodes):
            if j > 0:
                share = link[a, j] / (link[a, j] + right[j] + load[a, j])
                for l in range(j):
                    v[l] *= share
                    out[j, l] += weight[a, j] * v[l]
            v[j] = push[a, j] / (left[j] + load[a, j] + right[j])
            out[j, j] += weight[a, j] * v[j]
        for j in range(nodes - 1, -1, -1):
            if j < nodes - 1:
                share = link[a, j + 1] / (link[a, j + 1] + left[j] + load[a, j])
                for l in range(j + 1, nodes):
                    v[l] *= share
                    out[j, l] += weight[a, j] * v[l]
            v[j] = push[a, j] / (left[j] + load[a, j] + right[j])


@kernel
def mirror(matrix):
    """Copy what lies below the diagonal of a matrix (n, n) above it."""
    for i in range(len(matrix)):
        for j in range(i):
            matrix[j, i] = matrix[i, j]
