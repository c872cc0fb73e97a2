"""Rebuilds every exported model below a folder by its own loader, and compares what it answers with what the run answers.

    python3 check_export.py FOLDER

Each folder in FOLDER holds an export and expected.safetensors: samples `u` and `v`, and answers. Prints, as JSON, the largest
error of each answer of each model, relative to the answer's size where that is above 1.
"""

import importlib.util
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")


def loader(folder):
    spec = importlib.util.spec_from_file_location("couplet_model", os.path.join(folder, "couplet_model.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def samples(model, modality, rows):
    """The samples as a user has them: texts as text, labels by name."""
    space = model.sides[modality]["space"]
    if space["kind"] == "text":
        return [bytes(row).rstrip(b"\0").decode() for row in rows.tolist()]
    return [space["names"][place] for place in rows.tolist()] if space["kind"] == "labels" else rows


def errors(module, folder):
    import torch

    model = module.load(folder)
    expected = module.read_safetensors(os.path.join(folder, "expected.safetensors"))
    u, v = samples(model, "u", expected["u"]), samples(model, "v", expected["v"])
    answers = {
        "embeddings of u": model.embed("u", u), "embeddings of v": model.embed("v", v), "scores": model.scores(u, v),
        "v given u": model.conditional("v", given=u, among=v), "u given v": model.conditional("u", given=v, among=u),
    }
    if "v" in model.labels:
        answers["labels"] = model.conditional("v", given=u)
        best = answers["labels"].argmax(dim=1).tolist()
        assert model.classify(u) == [model.labels["v"][place] for place in best]
    batch = [model.samples(name, rows) for name, rows in (("u", u), ("v", v))]
    with torch.enable_grad():
        scores = model(*batch)
    answers["differentiable scores"] = scores.detach()
    if scores.requires_grad:
        scores.square().sum().backward()
        assert all(p.grad is not None for p in model.parameters()), "a parameter has no gradient"
    result = {}
    for name, answer in answers.items():
        truth = expected["scores" if name == "differentiable scores" else name]
        assert answer.shape == truth.shape, (folder, name, answer.shape, truth.shape)
        result[name] = ((answer - truth).abs() / truth.abs().clamp_min(1)).max().item()
    return result


folders = sorted(os.path.join(sys.argv[1], name) for name in os.listdir(sys.argv[1]))
module = loader(folders[0])
print(json.dumps({os.path.basename(folder): errors(module, folder) for folder in folders}))
