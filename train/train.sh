#!/bin/sh
# From the guard data and a pretrained encoder to the weights that ship: `train/train.sh DATA_FOLDER WORK_FOLDER`. Needs Python 3.11 with
# `pip install -r train/requirements.txt`; about an hour and three quarters on two cores that compute in bfloat16 (AVX-512 or AMX).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
models=$here/../src/guard/models
cd "$here"
# Threads that wait by spinning are slow beside a busy neighbour.
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0 OMP_NUM_THREADS=2
python3 prepare.py "$data" "$work"
# All twelve layers of the encoder first: a teacher, at a low rate (README: training can fail without a word). Then half of its layers, which
# learn from it and from the labels.
# `--dtype float32` where the processor has no bfloat16; it takes several times as long for as many steps.
python3 fit.py "$data" "$work" --layers 0 1 2 3 4 5 6 7 8 9 10 11 --epochs 8 --seed 61 --rate 8e-5 --minutes 34 --save teacher.pt
python3 fit.py "$data" "$work" --teacher "$work/teacher.pt" --layers 0 2 4 7 9 11 --epochs 9 --seed 62 --rate 1.5e-4 --minutes 38 --save judge.pt
python3 fit_glance.py "$data" "$work" judge.pt
python3 export.py "$data" "$work" "$models"
python3 fit_screen.py "$data" "$work" "$models"
python3 expect.py "$work" "$models" judge.pt
