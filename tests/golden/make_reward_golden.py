#!/usr/bin/env python3
"""Writes tests/reward/data/trl_rewards.json: what TRL's own rewards say of completions of given ids, for right and
wrong answers and for several settings. Which answers are right is given to TRL's cosine, not computed, so that the
package math_verify is not needed. Versions are in the file."""
import json, pathlib, random
import trl
from trl.rewards import accuracy_rewards
from trl.rewards import get_cosine_scaled_reward, get_repetition_penalty_reward, get_soft_overlong_punishment

out = pathlib.Path(__file__).parent.parent / "reward" / "data" / "trl_rewards.json"
generator = random.Random(7)
lengths = [0, 1, 2, 3, 7, 16, 40, 79, 80, 81, 90, 99, 100, 101, 250]
completions = [[generator.randrange(1, vocabulary) for _ in range(n)] for n in lengths for vocabulary in (3, 1000)]
right = [generator.random() < 0.5 for _ in completions]
accuracy_rewards.accuracy_reward = lambda texts, solutions: [float(r) for r in solutions]

cosine = []
for settings in ({"max_len": 100}, {"max_len": 90, "min_value_wrong": -10.0, "max_value_wrong": 0.0,
                                    "min_value_correct": 1.0, "max_value_correct": 2.0}):
    values = get_cosine_scaled_reward(**settings)(completions=right, solution=right, completion_ids=completions)
    cosine.append({"settings": settings, "values": values})
repetition = []
for settings in ({"ngram_size": 3, "max_penalty": -1.0}, {"ngram_size": 1, "max_penalty": -0.5},
                 {"ngram_size": 8, "max_penalty": -2.0}):
    repetition.append({"settings": settings,
                       "values": get_repetition_penalty_reward(**settings)(completion_ids=completions)})
overlong = []
for settings in ({"max_completion_len": 100, "soft_punish_cache": 20},
                 {"max_completion_len": 80, "soft_punish_cache": 80},
                 {"max_completion_len": 81, "soft_punish_cache": 0}):
    overlong.append({"settings": settings,
                     "values": get_soft_overlong_punishment(**settings)(completion_ids=completions)})
result = {"versions": {"trl": trl.__version__},
          "completions": completions, "right": right, "cosine": cosine, "repetition": repetition, "overlong": overlong}
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(result))
print(out, result["versions"], out.stat().st_size, "bytes")
