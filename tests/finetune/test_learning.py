from __future__ import annotations

import numpy as np

def test_every_head_learns_a_toy_mapping(trained):
    """A model that saw the mapping answers unseen examples far better than chance, and finds the references likelier than an untrained one would."""
    case, artifact, _ = trained
    predictions = case.adapter.predict(artifact, case.test)
    given = predictions.column("label" if case.adapter.head == "sequence-classification" else "text").to_pylist()
    print(given[:10], predictions.slice(0,3).to_pylist())
    if case.adapter.head == "span-qa":
        wanted = [answers[0]["text"] for answers in case.test.values("answers")]
    else:
        wanted = case.test.texts({"sequence-classification": "label", "seq2seq": "summary", "causal": "response"}[case.adapter.head])
    assert np.mean([a == b for a, b in zip(given, wanted, strict=True)]) > 0.9
