"""The answers of a comparison, as its --csv-out has them, and what a prompt took on average of them."""
import csv
from collections import defaultdict

import numpy as np

PHASES = ("prompt", "thinking", "answer")
GENERATED = [1, 2]
# What a phase took: tokens, joules that were measured, squares of their half widths, and joules known in other ways.
TOKENS, MEASURED, VARIANCE, APPORTIONED, IDLE, ACTIVE, ASSUMED = range(7)
# A prompt's row: seven amounts of each phase, words, characters, ln of its joules, seven amounts of all phases together
# if it is graded, and whether it is.
WORDS, CHARACTERS, LOG_JOULES, GRADED_AMOUNTS, GRADED = 21, 22, 23, slice(24, 31), 31
COLUMNS = 32


def number(row, phase, what):
    return float(row[f"{phase}_{what}"] or "nan")


def figure(row, phase, what="joules"):
    """Value, low and high."""
    return np.array([number(row, phase, what + end) for end in ("", "_low", "_high")])


def method(row, phase):
    return "assumed" if row["assumed"] == "1" else row[f"{phase}_method"]


class Answers:
    """Every answer of a run; a prompt that failed for somebody is in no figure that compares."""

    def __init__(self, path):
        self.rows = defaultdict(lambda: defaultdict(list))
        self.failed = set()
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["finish"] == "failed":
                    self.failed.add(row["prompt"])
                else:
                    self.rows[row["contender"]][row["prompt"]].append(row)

    def prompts(self, label, task=None):
        """Sorted names; of one task, or of all."""
        return sorted(p for p, rows in self.rows[label].items() if task in (None, rows[0]["task"]))

    def shared(self, labels, task=None):
        """Of the prompts that all answered and nobody failed at."""
        return sorted(set.intersection(*(set(self.prompts(label, task)) for label in labels)) - self.failed)

    def of(self, label):
        return [row for rows in self.rows[label].values() for row in rows]

    def capped(self, label, prompt):
        return any(row["finish"] == "length" for row in self.rows[label][prompt])

    def first_right(self, label, prompt):
        """Whether the first answer was right: None if it is not graded."""
        firsts = [row["right"] for row in self.rows[label][prompt] if row["session"] == row["repeat"] == "0" and row["right"]]
        return firsts[0] == "1" if firsts else None

    def share_right(self, label, prompt):
        grades = [float(row["right"]) for row in self.rows[label][prompt] if row["right"]]
        return np.mean(grades) if grades else np.nan


def amounts(row):
    table = np.zeros((3, 7))
    for i, phase in enumerate(PHASES):
        value, low, high = figure(row, phase)
        table[i, TOKENS] = number(row, phase, "tokens")
        known = method(row, phase)
        if known == "assumed":
            table[i, ASSUMED] = value
        elif known == "measured":
            table[i, [MEASURED, VARIANCE]] = value, max(high - value, value - low) ** 2
        elif known == "apportioned":
            table[i, APPORTIONED] = value
        else:
            active = number(row, phase, "above_idle")
            table[i, [IDLE, ACTIVE]] = value - active, active
    return table


def mean_row(rows):
    """A prompt's row: the mean over its answers. The variance of a mean falls with their number once more."""
    phases = np.mean([amounts(row) for row in rows], axis=0)
    phases[:, VARIANCE] /= len(rows)
    graded = any(row["right"] for row in rows)
    joules = phases[:, [MEASURED, APPORTIONED, IDLE, ACTIVE, ASSUMED]].sum()
    mean = lambda what: np.mean([float(row[what]) for row in rows])
    log = np.log(joules)
    together = phases.sum(axis=0) if graded else np.zeros(7)
    return np.concatenate([phases.ravel(), [mean("words"), mean("characters"), log], together, [graded]])


class Sample:
    """Rows by prompt and contender [prompts, contenders, COLUMNS], and sums over prompts of each session."""

    def __init__(self, answers, labels, prompts):
        self.labels = labels
        self.rows = np.array([[mean_row(answers.rows[label][p]) for label in labels] for p in prompts])
        self.sessions = self._sessions(answers, labels, prompts)

    @staticmethod
    def _sessions(answers, labels, prompts):
        by_session = lambda l, p, s: [row for row in answers.rows[l][p] if row["session"] == str(s)]
        count = 1 + max(int(row["session"]) for l in labels for p in prompts for row in answers.rows[l][p])
        complete = all(by_session(l, p, s) for l in labels for p in prompts for s in range(count))
        if count < 2 or not complete:
            return []
        return [sum(np.array([mean_row(by_session(l, p, s)) for l in labels]) for p in prompts) for s in range(count)]


def joules(sums, factors, steps):
    """By phase [..., contenders, 3]: factors [..., contenders, 7] by how joules are known, steps [..., contenders, 3]
    of the counter in standard deviations."""
    phases = sums[..., :21].reshape(sums.shape[:-1] + (3, 7))
    return of_phase(phases, factors[..., None, :], steps)


def of_phase(amounts_, factors, step):
    z = 1.959963984540054
    measured = np.maximum(0, amounts_[..., MEASURED] + step / z * np.sqrt(amounts_[..., VARIANCE]))
    return measured + (amounts_[..., APPORTIONED:] * factors[..., APPORTIONED:]).sum(axis=-1)
