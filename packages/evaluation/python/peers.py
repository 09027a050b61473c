"""Scores actions with detectors of other libraries, and checks average precision against scikit-learn.

Usage: peers.py FOLDER. FOLDER holds job.json and the files that it names, little-endian; the answers are written beside them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from river.anomaly import HalfSpaceTrees
from river.preprocessing import MinMaxScaler
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score

FIT_ROWS = 100_000
STREAM_ROWS = 100_000


def isolation_forest(rows: np.ndarray) -> np.ndarray:
    """Scores every row by a forest that was fitted on an even sample of them; higher is more unusual."""
    sample = rows[:: max(1, len(rows) // FIT_ROWS)]
    forest = IsolationForest(n_estimators=100, random_state=0).fit(sample)
    return -forest.score_samples(rows)


def half_space_trees(rows: np.ndarray, names: list[str]) -> tuple[np.ndarray, int]:
    """Scores an even sample of the rows as they come; returns every which row was taken."""
    step = max(1, len(rows) // STREAM_ROWS)
    scaler = MinMaxScaler()
    trees = HalfSpaceTrees(n_trees=10, height=8, window_size=250, seed=0)
    scores = []
    for row in rows[::step]:
        named = dict(zip(names, row.tolist(), strict=True))
        scaler.learn_one(named)
        scaled = scaler.transform_one(named)
        scores.append(trees.score_one(scaled))
        trees.learn_one(scaled)
    return np.array(scores), step


def main(folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text())
    rows = np.fromfile(folder / job["features"], dtype="<f4").reshape(-1, len(job["names"]))
    isolation_forest(rows).astype("<f4").tofile(folder / "isolation-forest")
    scores, step = half_space_trees(rows, job["names"])
    scores.astype("<f4").tofile(folder / "half-space-trees")
    checks = []
    for check in job["checks"]:
        values = np.fromfile(folder / check["scores"], dtype="<f4")
        labels = np.fromfile(folder / check["labels"], dtype="u1")
        checks.append(float(average_precision_score(labels, values)))
    (folder / "answer.json").write_text(json.dumps({"step": step, "checks": checks}))


main(Path(sys.argv[1]))
