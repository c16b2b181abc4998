"""Writes reference values of the statistics to tests/parity/stats.json, for tests/it/statistics.rs.

Usage: python tests/parity/stats.py

Made with scipy 1.17.1, statsmodels 0.15.0 and numpy 2.4.6. The samples are made up: normal, skewed, tied, with zeros,
and counts of images by seeds. Nothing here is drawn anew without a seed, so the file comes out the same each time.
(A script named statistics.py would stand in the way of Python's module of that name, which scipy and torch import.)
"""

import json
from pathlib import Path

import numpy as np
from scipy import integrate, optimize, stats
from scipy.stats._resampling import _bca_interval
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_power

RNG = np.random.default_rng(20240229)


def rounded(values, digits=4):
    return np.round(values, digits)


def mean(x, axis=-1):
    return np.mean(x, axis=axis)


def difference(x, y, axis=-1):
    return np.mean(x, axis=axis) - np.mean(y, axis=axis)


def crossed(part, whole):
    """Pooled ratio of counts[image, seed]; the samples that scipy resamples are the indices of images and seeds."""

    def statistic(images, seeds, axis=-1):
        if np.ndim(images) == 1 and np.ndim(seeds) == 1:
            at = np.ix_(images.astype(int), seeds.astype(int))
            return part[at].sum() / whole[at].sum()
        images, seeds = np.asarray(images).astype(int), np.asarray(seeds).astype(int)
        # scipy may repeat one of the two along the other's axis of resamples.
        rows = np.broadcast_shapes(images.shape[:-1], seeds.shape[:-1])
        images = np.broadcast_to(images, rows + images.shape[-1:])
        seeds = np.broadcast_to(seeds, rows + seeds.shape[-1:])
        at = images[..., :, None], seeds[..., None, :]
        return part[at].sum(axis=(-1, -2)) / whole[at].sum(axis=(-1, -2))

    return statistic


normal = rounded(RNG.normal(80, 3, 30))
skewed = rounded(RNG.lognormal(0, 1, 25))
few = rounded(RNG.normal(79.8, 0.1, 5))
other = rounded(RNG.normal(79.6, 0.2, 7))
whole = RNG.integers(200, 6000, 20)[:, None] + RNG.integers(0, 200, (20, 4))
part = rounded(whole * np.clip(0.8 + RNG.normal(0, 0.1, 20)[:, None] + RNG.normal(0, 0.02, 4), 0, 1), 0)

SAMPLES = {
    "mean, normal": ((normal,), mean, {"x": normal}),
    "mean, skewed": ((skewed,), mean, {"x": skewed}),
    "difference, two samples": ((few, other), difference, {"x": few, "y": other}),
    "difference, skewed": ((skewed, normal / 40), difference, {"x": skewed, "y": normal / 40}),
    "ratio, crossed": (
        (np.arange(20.0), np.arange(4.0)),
        crossed(part, whole),
        {"part": part, "whole": whole},
    ),
}


def without_each(data, statistic):
    """The statistic without each unit, for each sample."""
    left = lambda j, i: [np.delete(sample, i) if k == j else sample for k, sample in enumerate(data)]
    return [[float(statistic(*left(j, i))) for i in range(len(sample))] for j, sample in enumerate(data)]


def bca(level):
    """Fixed distributions: what is left is arithmetic, in which nothing is random."""
    for name, (data, statistic, _) in SAMPLES.items():
        result = stats.bootstrap(data, statistic, n_resamples=120, confidence_level=level, rng=np.random.default_rng(1))
        theta = result.bootstrap_distribution
        *_, acceleration = _bca_interval(data, statistic, -1, (1 - level) / 2, theta, None, np)
        yield {
            "name": f"{name}, {level}",
            "value": float(statistic(*data)),
            "replicates": theta.tolist(),
            "jackknife": without_each(data, statistic),
            "level": level,
            "acceleration": float(np.squeeze(acceleration)),
            "low": float(result.confidence_interval.low),
            "high": float(result.confidence_interval.high),
        }


def bootstraps():
    for name, (data, statistic, sample) in SAMPLES.items():
        result = stats.bootstrap(data, statistic, n_resamples=400_000, batch=10_000, rng=np.random.default_rng(2))
        yield {
            "name": name,
            **{key: values.tolist() for key, values in sample.items()},
            "value": float(statistic(*data)),
            "std_error": float(result.standard_error),
            "low": float(result.confidence_interval.low),
            "high": float(result.confidence_interval.high),
        }


def wilcoxon(name, differences, exact, result):
    return {
        "name": name,
        "differences": differences.tolist(),
        "exact": exact,
        "w": float(result.statistic),
        "p": float(result.pvalue),
    }


def wilcoxons():
    samples = {
        "exact, 8": rounded(RNG.normal(0.5, 1, 8)),
        "exact, 50": rounded(RNG.normal(0.3, 1, 50), 6),
        "exact, skewed": rounded(RNG.lognormal(0, 1, 20) - 1, 6),
        "ties, 12": rounded(RNG.normal(0.5, 2, 12), 0) + 0.5,
        "zeros, 10": np.array([0, 0, 1.5, -2, 3, 4.5, -0.5, 2.5, 6, 0]),
        "ties, 40": rounded(RNG.normal(0.3, 1, 40), 1),
        "ties and zeros, 30": rounded(RNG.normal(0.5, 2, 30), 0),
        "normal, 51": rounded(RNG.normal(0.3, 1, 51), 6),
        "normal, 650": rounded(RNG.normal(0.05, 1, 650), 6),
        "normal, 650, ties and zeros": rounded(RNG.standard_t(3, 650), 1),
        "one sign": np.arange(1.0, 61),
    }
    for name, differences in samples.items():
        tied = len(np.unique(abs(differences))) < len(differences) or 0 in differences
        exact = len(differences) <= (13 if tied else 50)
        yield wilcoxon(name, differences, exact, stats.wilcoxon(differences))
    # A zero among few without ties: scipy approximates here, but its exact distribution of those left is right.
    differences = np.append(rounded(RNG.normal(0.4, 1, 25), 6), [0, 0])
    yield wilcoxon("exact, zeros", differences, True, stats.wilcoxon(differences[differences != 0], method="exact"))


def permutations():
    """Differences of pooled ratios, exchanged image by image: a statistic that isn't linear."""
    for name, n, gain in [("no gain", 9, 0.0), ("gain", 12, 0.05), ("two pairs", 2, 0.1), ("thirteen", 13, 0.03)]:
        whole = RNG.integers(100, 4000, 2 * n)
        share = np.clip(RNG.normal(0.8, 0.05, 2 * n) + np.repeat([gain, 0], n), 0, 1)
        part = np.rint(whole * share).astype(int)

        def statistic(a, b):
            a, b = a.astype(int), b.astype(int)
            return part[a].sum() / whole[a].sum() - part[b].sum() / whole[b].sum()

        data = (np.arange(n), np.arange(n, 2 * n))
        result = stats.permutation_test(data, statistic, permutation_type="samples", n_resamples=1_000_000)
        assert len(result.null_distribution) == 2**n
        yield {"name": name, "part": part.tolist(), "whole": whole.tolist(), "p": float(result.pvalue)}


def holms():
    for p in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.6, 0.9], [0.02], [0.01, 0.01, 0.01], RNG.uniform(0, 0.2, 12).tolist()]:
        yield {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()}


def sigmas():
    for std, n, level in [(0.1, 5, 0.95), (1.5, 2, 0.95), (2, 3, 0.9), (0.3, 30, 0.99), (12, 650, 0.95)]:
        low, high = std * np.sqrt((n - 1) / stats.chi2.ppf([(1 + level) / 2, (1 - level) / 2], n - 1))
        yield {"std": std, "n": n, "level": level, "low": float(low), "high": float(high)}


def detectables():
    cases = [(0.1, None, 0.05, 0.8), (1.0, None, 0.01, 0.9), (0.25, 4, 0.1, 0.5), (0.3, 7.5, 0.05, 0.8), (2.0, 1, 0.05, 0.8)]
    for std_error, freedom, level, power in cases:
        limit = stats.norm.isf(level / 2) if freedom is None else stats.t.isf(level / 2, freedom)

        def found(difference):
            if freedom is None:
                return normal_power(difference, 1, level)
            # The noncentral distribution of scipy is no number far out in the wrong direction, where nothing is left.
            wrong = stats.nct.cdf(-limit, freedom, difference)
            return stats.nct.sf(limit, freedom, difference) + (0 if np.isnan(wrong) else wrong)

        difference = std_error * optimize.brentq(lambda d: found(d) - power, 1e-3, 100, xtol=1e-12)
        case = {"std_error": std_error, "freedom": freedom, "level": level, "power": power}
        yield case | {"difference": float(difference)}


def equivalences():
    for std_error, freedom, tolerance, level in [(0.18, 4, 0.5, 0.95), (0.1, 8, 0.5, 0.95), (0.3, 3.3, 1.5, 0.9), (0.2, None, 0.5, 0.95)]:
        def within(ratio):
            room = tolerance / std_error - quantile * ratio
            return max(2 * stats.norm.cdf(room) - 1, 0)

        if freedom is None:
            quantile = stats.norm.ppf((1 + level) / 2)
            power = within(1)
        else:
            quantile = stats.t.ppf((1 + level) / 2, freedom)
            # The estimated error over the true one is a chi variable over the root of its freedom.
            ratio = stats.chi(freedom, scale=freedom**-0.5)
            power = integrate.quad(lambda x: ratio.pdf(x) * within(x), 0, tolerance / std_error / quantile, epsabs=1e-12)[0]
        case = {"std_error": std_error, "freedom": freedom, "tolerance": tolerance, "level": level}
        yield case | {"power": float(power)}


reference = {
    "bca": [*bca(0.95), *bca(0.8)],
    "bootstrap": list(bootstraps()),
    "wilcoxon": list(wilcoxons()),
    "permutation": list(permutations()),
    "holm": list(holms()),
    "sigma": list(sigmas()),
    "detectable": list(detectables()),
    "equivalence": list(equivalences()),
}
# A case a line.
blocks = [f'"{key}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]" for key, cases in reference.items()]
path = Path(__file__).with_suffix(".json")
path.write_text("{\n" + ",\n".join(blocks) + "\n}\n")
print(f"{path.name}: {sum(map(len, reference.values()))} cases")
