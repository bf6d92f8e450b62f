#!/usr/bin/env python3
"""Reference values for tests/lab: distributions, jackknife, significance and joules_per_right, from SciPy
(made with 1.17.1).

Prints the C++ table that the test holds.
"""
import pathlib
import sys

import numpy as np
import scipy
from scipy import stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from recomputation.shares import clopper_pearson, jackknife_reach, joules_per_right, newcombe  # noqa: E402

MASK = (1 << 64) - 1


def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def random_bits(seed, stream, counter):
    return mix(mix(mix(seed) ^ stream) ^ counter)


def data(seed, items):
    """Two skewed columns: -ln of uniform draws, the second twice as long and noisy."""
    uniform = lambda stream, i: (random_bits(seed, stream, i) >> 11) * 2.0**-53
    a = np.array([-np.log(1 - uniform(1000, i)) + 0.1 for i in range(items)])
    b = np.array([2 * a[i] * (0.5 + uniform(1001, i)) for i in range(items)])
    return a, b


def left_out_sums(x):
    return np.log(x.sum() - x)


def ends(value, *reaches):
    """Reaches below and above in quadrature."""
    return value * np.exp(-reaches[0]), value * np.exp(reaches[-1])


def grades(seed, items, share):
    return np.array([float((random_bits(seed, 1002, i) >> 11) * 2.0**-53 < share) for i in range(items)])


def intervals():
    row = lambda *values: "    {" + ", ".join(f"{x:.17g}" for x in values) + "},"
    print("// jackknife: seed, items, confidence, low and high of the ratio, of the mean of a")
    for seed, items, confidence in ((1, 10, 0.95), (2, 40, 0.95), (3, 40, 0.9), (4, 7, 0.95)):
        a, b = data(seed, items)
        of_ratio = jackknife_reach(left_out_sums(b) - left_out_sums(a), confidence)
        print(row(seed, items, confidence, *ends(b.sum() / a.sum(), of_ratio), *ends(a.mean(), jackknife_reach(left_out_sums(a), confidence))))
    print("// scipy.stats.t.ppf and beta.ppf, beta.cdf")
    for freedom in (1, 2.5, 9, 39, 13999):
        print(row(0.95, freedom, stats.t.ppf(0.975, freedom)))
    for p, a, b in ((0.025, 1, 6), (0.975, 3, 4), (0.025, 0.5, 6.5), (0.5, 200, 1200), (0.975, 14000, 1)):
        print(row(p, a, b, stats.beta.ppf(p, a, b)))
    print("// Clopper and Pearson: right, count, confidence, low, high")
    for right, count, confidence in ((0, 6, 0.95), (1, 6, 0.95), (6, 6, 0.95), (21, 40, 0.9), (999, 1319, 0.95)):
        print(row(right, count, confidence, *clopper_pearson(right, count, confidence)))
    print("// Newcombe: items, share of a, share of b, difference, low, high; grades(1, ...), grades(2, ...)")
    for items, pa, pb in ((6, 0.0, 1.0), (12, 0.5, 0.7), (40, 0.9, 0.9), (200, 0.3, 0.4)):
        print(row(items, pa, pb, *newcombe(grades(1, items, pa), grades(2, items, pb))))
    print("// means over two repeats")
    a, b = ((grades(s, 20, 0.5) + grades(s + 1, 20, 0.6)) / 2 for s in (1, 3))
    print(row(*newcombe(a, b)))
    print("// joules per right answer: seed, items, share, value, low, high; and of b over a, a's share 0.6")
    for seed, items, share in ((1, 8, 0.3), (2, 40, 0.05), (3, 12, 1.0)):
        a, b = data(seed, items)
        joules, right = np.array([a, b]), np.array([grades(seed + 10, items, 0.6), grades(seed, items, share)])
        print(row(seed, items, share, *joules_per_right(joules[1:], right[1:], [1]), *joules_per_right(joules, right, [-1, 1])))


def main():
    print(f"// SciPy {scipy.__version__}")
    print("// scipy.stats.permutation_test (every exchange): seed, items, p")
    for seed, items in ((1, 6), (2, 8), (3, 10), (4, 12)):
        a, b = data(seed, items)
        b = b / 1.7
        statistic = lambda x, y, axis: np.log(y.sum(axis=axis) / x.sum(axis=axis))
        p = stats.permutation_test((a, b), statistic, permutation_type="samples", n_resamples=np.inf, vectorized=True).pvalue
        print(f"    {{{seed}, {items}, {p:.17g}}},")
    print("// McNemar by scipy.stats.binomtest: only a, only b, p")
    for only_a, only_b in ((0, 0), (1, 0), (3, 9), (10, 10), (2, 31), (120, 160)):
        p = stats.binomtest(only_a, only_a + only_b, 0.5).pvalue if only_a + only_b else 1.0
        print(f"    {{{only_a}, {only_b}, {p:.17g}}},")
    print("// Wilson by scipy.stats.binomtest: right, count, confidence, low, high")
    for right, count, confidence in ((0, 10, 0.95), (10, 10, 0.95), (7, 40, 0.95), (21, 40, 0.9), (999, 1319, 0.95)):
        ci = stats.binomtest(right, count).proportion_ci(confidence, method="wilson")
        print(f"    {{{right}, {count}, {confidence}, {ci.low:.17g}, {ci.high:.17g}}},")
    print("// scipy.special.ndtri")
    for p in (1e-300, 1e-10, 0.001, 0.025, 0.3, 0.5, 0.8, 0.999999):
        print(f"    {{{p}, {stats.norm.ppf(p):.17g}}},")
    intervals()


main()
