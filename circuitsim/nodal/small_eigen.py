"""Eigenvectors of a small symmetric matrix, compiled: a call of LAPACK would cost more than it computes."""

import math

from circuitsim.nodal.kernel import bare_kernel

_MOST_SWEEPS = 30  # 5 to 8 are usual
_ROUNDING = 1e-17  # of the product of the two diagonal entries, both squared


@bare_kernel
def eigenvectors(n, wide, matrix, vectors, values):
    """Diagonalize a symmetric matrix by Jacobi's rotations, the largest eigenvalue first.

    Args:
        n: Size of the matrix.
        wide: Distance of its rows, and of those of the vectors, in the flat arrays; at least n.
        matrix: (n · wide) the matrix; changed.
        vectors: (n · wide) eigenvectors in columns, written.
        values: (wide) eigenvalues, written.
    """
    for i in range(n):
        for j in range(n):
            vectors[i * wide + j] = 1.0 if i == j else 0.0
    for _ in range(_MOST_SWEEPS):
        turned = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                beside, first, second = matrix[p * wide + q], matrix[p * wide + p], matrix[q * wide + q]
                if beside * beside > (_ROUNDING * abs(first)) * (_ROUNDING * abs(second)) and beside != 0.0:
                    turned = True
                    _rotate(n, wide, p, q, matrix, vectors)
        if not turned:
            break
    for k in range(n):
        values[k] = matrix[k * wide + k]
    for k in range(n - 1):
        best = k
        for j in range(k + 1, n):
            if values[j] > values[best]:
                best = j
        if best != k:
            values[k], values[best] = values[best], values[k]
            for i in range(n):
                kept = vectors[i * wide + k]
                vectors[i * wide + k] = vectors[i * wide + best]
                vectors[i * wide + best] = kept


@bare_kernel
def _rotate(n, wide, p, q, matrix, vectors):
    """Turn rows and columns p and q of the matrix so that the entry beside both becomes 0, and the vectors alike."""
    beside, first, second = matrix[p * wide + q], matrix[p * wide + p], matrix[q * wide + q]
    ratio = 0.5 * (second - first) / beside
    tangent = math.copysign(1.0, ratio) / (abs(ratio) + math.sqrt(ratio * ratio + 1.0))
    cosine = 1.0 / math.sqrt(tangent * tangent + 1.0)
    sine = tangent * cosine
    for i in range(n):
        if i != p and i != q:
            one, other = matrix[i * wide + p], matrix[i * wide + q]
            matrix[i * wide + p] = matrix[p * wide + i] = cosine * one - sine * other
            matrix[i * wide + q] = matrix[q * wide + i] = sine * one + cosine * other
        one, other = vectors[i * wide + p], vectors[i * wide + q]
        vectors[i * wide + p] = cosine * one - sine * other
        vectors[i * wide + q] = sine * one + cosine * other
    matrix[p * wide + p], matrix[q * wide + q] = first - tangent * beside, second + tangent * beside
    matrix[p * wide + q] = matrix[q * wide + p] = 0.0
