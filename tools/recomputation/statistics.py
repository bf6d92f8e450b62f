"""Figures of a contender, ratios of a pair with their decomposition, and effects of factors, of sums over prompts: on the
scale on which their intervals are made (logarithms; terms of a decomposition are logarithms already)."""
import numpy as np

from .answers import CHARACTERS, GENERATED, GRADED_AMOUNTS, LOG_JOULES, PHASES, TOKENS, WORDS, joules, of_phase


def tokens(sums):
    return sums[..., :21].reshape(sums.shape[:-1] + (3, 7))[..., TOKENS]


def of_contender(sums, n, factors, steps):
    by_phase = joules(sums, factors, steps)[..., 0, :]
    sums, whole = sums[..., 0, :], by_phase.sum(axis=-1)
    generated = tokens(sums)[..., GENERATED].sum(axis=-1)
    figures = {
        "joules_per_answer": np.log(whole / n),
        "joules_per_token": np.log(by_phase[..., GENERATED].sum(axis=-1)) - np.log(generated),
        "joules_per_1000_words": np.log(1000 * whole) - np.log(sums[..., WORDS]),
        "joules_per_1000_characters": np.log(1000 * whole) - np.log(sums[..., CHARACTERS]),
        "graded": np.log(of_phase(sums[..., GRADED_AMOUNTS], factors[..., 0, :], steps[..., 0, 0])),
    }
    return figures | {name: np.log(by_phase[..., i] / n) for i, name in enumerate(PHASES)}


def logarithmic_mean(a, b):
    return np.where((a <= 0) | (b <= 0), 0.0, np.where(a == b, a, (a - b) / (np.log(a) - np.log(b))))


def decomposition(tokens_, joules_):
    """Terms [..., 3 phases, 2] of ln(joules of b over a), due to tokens and to joules per token (LMDI: Ang 2005);
    tokens_, joules_ [..., 2 contenders, 3]."""
    ta, tb, ja, jb = tokens_[..., 0, :], tokens_[..., 1, :], joules_[..., 0, :], joules_[..., 1, :]
    whole = logarithmic_mean(jb.sum(axis=-1), ja.sum(axis=-1))[..., None]
    both = (jb - ja) / whole
    plain = (ta > 0) & (tb > 0) & (ja > 0) & (jb > 0)
    by_tokens = np.where(plain, logarithmic_mean(jb, ja) / whole * (np.log(tb) - np.log(ta)), np.where((ta > 0) != (tb > 0), both, 0))
    return np.stack([by_tokens, both - by_tokens], axis=-1)


def of_pair(sums, n, factors, steps):
    by_phase, plain = joules(sums, factors, steps), joules(sums, np.ones_like(factors), np.zeros_like(steps))
    ratio = lambda x: np.log(x[..., 1]) - np.log(x[..., 0])
    whole, generated = by_phase.sum(axis=-1), by_phase[..., GENERATED].sum(axis=-1)
    count = tokens(sums)[..., GENERATED].sum(axis=-1)
    geometric = (sums[..., 1, LOG_JOULES] - sums[..., 0, LOG_JOULES]) / n
    terms = decomposition(*np.broadcast_arrays(tokens(sums), by_phase))
    found = {
        "energy_ratio": ratio(whole),
        "geometric_mean_ratio": geometric + ratio(whole) - ratio(plain.sum(axis=-1)),
        "tokens_ratio": ratio(count),
        "joules_per_token_ratio": ratio(generated) - ratio(count),
        "joules_per_word_ratio": ratio(whole) - ratio(sums[..., WORDS]),
        "joules_per_character_ratio": ratio(whole) - ratio(sums[..., CHARACTERS]),
        "from_tokens": terms[..., GENERATED, 0].sum(axis=-1),
        "from_joules_per_token": terms[..., GENERATED, 1].sum(axis=-1),
        "from_prompts": terms[..., 0, :].sum(axis=-1),
    }
    for i, phase in enumerate(PHASES):
        found |= {(phase, "tokens"): terms[..., i, 0], (phase, "joules_per_token"): terms[..., i, 1]}
    return found


def contrasts(factors):
    """[(name, weights of the contenders)]: each level against its factor's first, then what two levels do together."""
    levels = lambda f: list(dict.fromkeys(f["levels"]))

    def mean_of(*wanted):
        here = np.array([all(f["levels"][i] == level for f, level in wanted) for i in range(len(factors[0]["levels"]))], float)
        return here / here.sum()

    found = []
    for f in factors:
        first, *others = levels(f)
        found += [(f"{f['name']}: {level} over {first}", mean_of((f, level)) - mean_of((f, first))) for level in others]
    for i, f in enumerate(factors):
        for g in factors[i + 1:]:
            (first, *others), (start, *more) = levels(f), levels(g)
            for level in others:
                for one in more:
                    weights = mean_of((f, level), (g, one)) - mean_of((f, level), (g, start)) - mean_of((f, first), (g, one)) + mean_of((f, first), (g, start))
                    found.append((f"{f['name']}: {level} with {g['name']}: {one}", weights))
    return found


def of_design(weights):
    """Statistics of effects: joules of all prompts, and of those graded for all contenders."""

    def statistics(sums, n, factors, steps):
        # What contenders are held against each other by here takes one step of the counter for an answer, not for a phase.
        together = sums[..., :21].reshape(sums.shape[:-1] + (3, 7)).sum(axis=-2)
        whole = np.log(of_phase(together, factors, steps[..., 0]))
        graded = np.log(of_phase(sums[..., GRADED_AMOUNTS], factors, steps[..., 0]))
        found = {}
        for name, w in weights:
            found |= {(name, "joules"): whole @ w, (name, "graded"): graded @ w}
        return found

    return statistics
