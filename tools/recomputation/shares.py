"""Right answers and what one costs: docs/intervals.md, "Right answers"."""
import numpy as np
from scipy import stats


def clopper_pearson(right, count, confidence=0.95):
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, right, count - right + 1) if right > 0 else 0.0
    return low, stats.beta.ppf(1 - tail, right + 1, count - right) if right < count else 1.0


def wilson(right, count, confidence=0.95):
    z, p = stats.norm.ppf((1 + confidence) / 2), right / count
    middle, reach = p + z * z / (2 * count), z * np.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return (middle - reach) / (1 + z * z / count), (middle + reach) / (1 + z * z / count)


def newcombe(a, b):
    """Difference b - a, low and high (Newcombe 1998, method 10), of shares right of the same prompts, which may be means
    over repeats: the table's cells are sums of products."""
    n, n11, n10, n01, n00 = len(a), (a * b).sum(), (a * (1 - b)).sum(), ((1 - a) * b).sum(), ((1 - a) * (1 - b)).sum()
    association = n11 * n00 - n10 * n01
    association = max(association - n / 2, 0) if association > 0 else association
    product = (n11 + n10) * (n01 + n00) * (n11 + n01) * (n10 + n00)
    phi = association / np.sqrt(product) if product > 0 else 0
    (la, ua), (lb, ub), pa, pb = wilson(a.sum(), n), wilson(b.sum(), n), a.mean(), b.mean()
    below = np.sqrt(max(0, (pb - lb) ** 2 + (ua - pa) ** 2 - 2 * phi * (pb - lb) * (ua - pa)))
    above = np.sqrt(max(0, (ub - pb) ** 2 + (pa - la) ** 2 - 2 * phi * (ub - pb) * (pa - la)))
    return pb - pa, max(-1.0, pb - pa - below), min(1.0, pb - pa + above)


def jackknife_reach(left_out, confidence=0.95):
    """How far an interval reaches on the statistic's scale; infinite where there is none."""
    n = len(left_out)
    if n < np.ceil(1 - np.log2(1 - confidence)) or not np.all(np.isfinite(left_out)):
        return np.inf
    d = influences(left_out)
    s = np.sqrt((d**2).sum() / (n - 1))
    reach = s / np.sqrt(n) * (stats.t.ppf((1 + confidence) / 2, n - 1) + min(25 * s / n, 2))
    return reach if s >= 1e-9 and reach <= np.log(1000) else np.inf


def influences(left_out):
    return (len(left_out) - 1) * (left_out.mean() - left_out)


def negative_correlation(x, y):
    return min(0.0, np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else 0.0


def joules_per_right(joules, right, weights, confidence=0.95):
    """Value, low and high of the product over contenders of (joules over right answers) ** weight; joules and right are
    [contenders, prompts]. Of one contender the weights are [1], of b over a [-1, 1], of a factor its contrast."""
    n, weights = right.shape[1], np.asarray(weights, dtype=float)
    total = joules.sum(axis=1)
    left_out = weights @ np.log(total[:, None] - joules)
    reach = jackknife_reach(left_out, confidence)
    of_joules, p = weights @ np.log(total / n), right.mean(axis=1)
    ends = np.array([clopper_pearson(r.sum(), n, confidence) for r in right])
    at, low, high = np.log(p), np.log(ends[:, 0]), np.log(ends[:, 1])
    value = of_joules - weights @ at
    if np.isnan(value) or np.isinf(reach):
        return np.exp(value), np.nan, np.nan
    up = weights > 0
    if np.isinf(value):  # nobody right on one side: what all ends together leave
        lowest, highest = -weights @ np.where(up, high, low), -weights @ np.where(up, low, high)
        return np.exp(value), np.exp(of_joules + lowest - reach), np.exp(of_joules + highest + reach)
    below = np.sqrt(((weights * np.where(up, high - at, at - low)) ** 2).sum())
    above = np.sqrt(((weights * np.where(up, at - low, high - at)) ** 2).sum())
    r = negative_correlation(influences(left_out), weights @ (right / p[:, None]))
    both = lambda x: np.sqrt(reach**2 + x**2 - 2 * r * reach * x)
    return np.exp(value), np.exp(value - both(below)), np.exp(value + both(above))


def mcnemar(only_a, only_b):
    return stats.binomtest(only_a, only_a + only_b, 0.5).pvalue if only_a + only_b else 1.0


def holm(p_values):
    p_values = np.asarray(p_values, dtype=float)
    corrected, largest = np.empty(len(p_values)), 0.0
    for rank, i in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = largest
    return corrected
