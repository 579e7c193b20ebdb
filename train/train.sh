#!/bin/sh
# From the guard data and the judge that ships to new weights: `train/train.sh DATA_FOLDER WORK_FOLDER`. Needs Python 3.11 with
# `pip install -r train/requirements.txt`; about 75 minutes on two cores.
# The judge goes on from the one before it: of an encoder as it was pretrained, this much training would not make a judge.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
models=$here/../src/guard/models
before=fd0c1bd
cd "$here"
# Threads that wait by spinning are slow beside a busy neighbour.
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0 OMP_NUM_THREADS=2
mkdir -p "$work/before"
git show "$before:src/guard/models/judge.safetensors" > "$work/before/judge.safetensors"
python3 shipped.py "$work/before" "$work"
# `--dtype bfloat16` is faster where the processor has it.
python3 fit.py "$data" "$work" --begin "$work/shipped.pt" --mixed --dtype float32 --epochs 6 --seed 42 --rate 1.5e-4 --batch-tokens 2048 --minutes 62 --save judge.pt
python3 fit_glance.py "$data" "$work" judge.pt
python3 export.py "$data" "$work" "$models" --weights judge.pt
python3 fit_screen.py "$data" "$work" "$models"
python3 expect.py "$work" "$models" judge.pt
