"""Sources of uncertainty, each with its reach, and all of them in quadrature: docs/experiment.md, "Statistics"."""
import numpy as np
from scipy import stats

from .answers import ACTIVE, APPORTIONED, ASSUMED, IDLE, PHASES, figure, method
from .shares import jackknife_reach

DRAWS = 4000
Z = stats.norm.ppf(0.975)


def totals(answers, labels, known):
    """Value, low and high of all phases of these contenders whose joules are known in that way, and of the part above
    idle."""
    whole, active = np.zeros(3), np.zeros(3)
    for label in labels:
        for row in answers.of(label):
            for phase in PHASES:
                if method(row, phase) == known:
                    whole += figure(row, phase)
                    active += figure(row, phase, "above_idle")
    return whole, active


def drawn(z, value, low, high):
    """Factors on what was stated, such that z of plus and minus Z gives the ends."""
    if not value > 0:
        return np.ones_like(z)
    return np.maximum(1e-3, np.where(z < 0, low, high) / value) ** (np.abs(z) / Z)


class Machine:
    """What the machine leaves uncertain of every figure of a run: draws of one source at a time."""

    def __init__(self, answers, labels, kind_of_work):
        estimated, self.active = totals(answers, labels, "estimated")
        self.idle = estimated - self.active
        self.kind_of_work = kind_of_work
        self.own = {known: {l: totals(answers, [l], known)[0] for l in labels} for known in ("apportioned", "assumed")}

    def draws(self, labels, random):
        """(factors, steps) of each source, as joules() of answers.py takes them."""
        plain, none = np.ones((DRAWS, len(labels), 7)), np.zeros((DRAWS, len(labels), 3))
        machine, z = plain.copy(), random.standard_normal((2, DRAWS, 1))
        machine[..., IDLE], machine[..., ACTIVE] = drawn(z[0], *self.idle), drawn(z[1], *self.active)
        work = plain.copy()
        work[..., ACTIVE] = np.exp(self.kind_of_work * random.standard_normal((DRAWS, len(labels))))
        sources = [(machine, none), (work, none), (plain, random.standard_normal((DRAWS, len(labels), 3)))]
        for known, place in (("apportioned", APPORTIONED), ("assumed", ASSUMED)):
            one = plain.copy()
            for i, label in enumerate(labels):
                one[:, i, place] = drawn(random.standard_normal(DRAWS), *self.own[known][label])
            sources.append((one, none))
        return sources


def intervals(sample, statistics, machine, random):
    """{name: (value, reaches of all but the prompts, reaches of all)}, each reach [below, above] on the scale on which
    `statistics` computes: logarithms of ratios. An infinite reach is no interval."""
    contenders = len(sample.labels)
    plain, none, n = np.ones((contenders, 7)), np.zeros((contenders, 3)), len(sample.rows)
    total = sample.rows.sum(axis=0)
    values = statistics(total, n, plain, none)
    left_out = statistics(total - sample.rows, n - 1, plain, none)
    by_session = statistics(np.array(sample.sessions), n, plain, none) if sample.sessions else None
    by_source = [statistics(total, n, *source) for source in machine.draws(sample.labels, random)]
    found = {}
    for name, value in values.items():
        squares = np.zeros(2)
        if by_session is not None:
            count = len(sample.sessions)
            reach = stats.t.ppf(0.975, count - 1) * np.std(by_session[name], ddof=1) / np.sqrt(count)
            squares += reach**2
        for source in by_source:
            ends = np.quantile(np.broadcast_to(source[name], DRAWS), [0.025, 0.975])
            squares += np.maximum(0, [value - ends[0], ends[1] - value]) ** 2
        of_prompts = jackknife_reach(np.broadcast_to(left_out[name], n))
        found[name] = (float(value), np.sqrt(squares), np.sqrt(squares + of_prompts**2))
    return found


def widened(estimate, beside):
    """A ratio whose prompts' part is known from elsewhere, and the reaches [below, above] of the rest."""
    value, low, high = estimate
    middle = np.log(value if np.isfinite(value) else low)
    low = np.exp(middle - np.hypot(middle - np.log(low), beside[0])) if np.isfinite(low) else low
    high = np.exp(middle + np.hypot(np.log(high) - middle, beside[1])) if np.isfinite(high) else high
    return value, low, high


def chance(value, low, high, none):
    """p that as much is luck where the truth is `none`, on the scale of the values: from the reach towards it."""
    if not np.isfinite([low, high]).all():
        return 1.0
    reach = abs(value - (low if value > none else high))
    return 2 * stats.norm.cdf(-abs(value - none) / reach * Z) if reach > 0 else float(value == none)
