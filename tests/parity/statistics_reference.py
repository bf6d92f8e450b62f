#!/usr/bin/env python3
"""Reference values for tests/lab: distributions, jackknife, significance and joules_per_right, from SciPy
(made with 1.17.1).

Prints the C++ table that the test holds.
"""
import numpy as np
import scipy
from scipy import stats

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


def jackknife_reach(left_out, confidence):
    """How far the interval reaches in logarithms: docs/experiment.md, Statistics."""
    n = len(left_out)
    d = (n - 1) * (left_out.mean() - left_out)
    s = np.sqrt((d**2).sum() / (n - 1))
    return s / np.sqrt(n) * (stats.t.ppf((1 + confidence) / 2, n - 1) + min(25 * s / n, 2))


def left_out_sums(x):
    return np.log(x.sum() - x)


def ends(value, *reaches):
    """Reaches below and above in quadrature."""
    return value * np.exp(-reaches[0]), value * np.exp(reaches[-1])


def clopper_pearson(k, n, confidence=0.95):
    ci = lambda q, a, b: stats.beta.ppf(q, a, b)
    tail = (1 - confidence) / 2
    return (ci(tail, k, n - k + 1) if k > 0 else 0.0), (ci(1 - tail, k + 1, n - k) if k < n else 1.0)


def wilson(k, n):
    z, p = stats.norm.ppf(0.975), k / n
    middle, reach = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)


def newcombe(a, b):
    """Newcombe 1998, method 10, with the table's cells as sums of products (shares may be fractions)."""
    n, n11, n10, n01, n00 = len(a), (a * b).sum(), (a * (1 - b)).sum(), ((1 - a) * b).sum(), ((1 - a) * (1 - b)).sum()
    association = n11 * n00 - n10 * n01
    association = max(association - n / 2, 0) if association > 0 else association
    product = (n11 + n10) * (n01 + n00) * (n11 + n01) * (n10 + n00)
    phi = association / np.sqrt(product) if product > 0 else 0
    (la, ua), (lb, ub), pa, pb = wilson(a.sum(), n), wilson(b.sum(), n), a.mean(), b.mean()
    below = np.sqrt((pb - lb) ** 2 + (ua - pa) ** 2 - 2 * phi * (pb - lb) * (ua - pa))
    above = np.sqrt((ub - pb) ** 2 + (pa - la) ** 2 - 2 * phi * (ub - pb) * (pa - la))
    return pb - pa, pb - pa - below, pb - pa + above


def correlation(x, y):
    return min(0.0, np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else 0.0


def quadrature(x, y, r=0.0):
    return np.sqrt(x * x + y * y - 2 * r * x * y)


def joules_per_right(joules, right):
    n, p = len(right), right.mean()
    low, high = clopper_pearson(right.sum(), n)
    reach, r = jackknife_reach(left_out_sums(joules), 0.95), correlation(-left_out_sums(joules), right)
    return (joules.mean() / p,) + ends(joules.mean() / p, quadrature(reach, np.log(high / p), r), quadrature(reach, np.log(p / low), r))


def joules_per_right_ratio(ja, ra, jb, rb):
    n, pa, pb = len(ra), ra.mean(), rb.mean()
    (la, ua), (lb, ub) = clopper_pearson(ra.sum(), n), clopper_pearson(rb.sum(), n)
    left_out = left_out_sums(jb) - left_out_sums(ja)
    reach, r = jackknife_reach(left_out, 0.95), correlation(-left_out, rb / pb - ra / pa)
    below, above = quadrature(np.log(pa / la), np.log(ub / pb)), quadrature(np.log(ua / pa), np.log(pb / lb))
    value = jb.sum() / ja.sum() * pa / pb
    return (value,) + ends(value, quadrature(reach, below, r), quadrature(reach, above, r))


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
        print(row(seed, items, share, *joules_per_right(b, grades(seed, items, share)),
                  *joules_per_right_ratio(a, grades(seed + 10, items, 0.6), b, grades(seed, items, share))))


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
