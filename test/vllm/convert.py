"""A GGUF file as a Transformers checkpoint, its weights de-quantised: `convert.py MODEL.gguf FOLDER`."""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

source, target = Path(sys.argv[1]), Path(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
# The weights are plain numbers by now, but the model remembers where they came from, and such a one is not saved.
dense = AutoModelForCausalLM.from_config(model.config, dtype=torch.float32)
if hasattr(dense.config, "quantization_config"):
    del dense.config.quantization_config
dense.load_state_dict(model.state_dict())
dense.save_pretrained(target)
tokenizer.save_pretrained(target)
