#!/bin/sh
# From the guard data to the weights that ship: `train/train.sh DATA_FOLDER WORK_FOLDER`. Needs Python 3.11 with
# `pip install -r train/requirements.txt`; about an hour on two cores that have nothing else to do.
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
# First a part of one long pass over everything, at a high rate; then what is scarce and our own texts, down to a low one.
python3 fit.py "$data" "$work" --epochs 1.8 --most-steps 200 --seed 6 --rate 2e-4 --save first.pt
python3 fit.py "$data" "$work" --begin "$work/first.pt" --share 0.3 --seed 7 --rate 1.8e-4 --most-steps 300 --save second.pt
# Last, what people ask every day and long texts, twice as many as harmful ones.
python3 fit.py "$data" "$work" --begin "$work/second.pt" --mostly-harmless --seed 9 --epochs 1.5 --rate 2e-4 --batch-tokens 2048 --save third.pt
# Halfway between finds nearly as much as before, and takes less for harm that is none.
python3 between.py "$work/second.pt" "$work/third.pt" "$work/judge.pt"
python3 export.py "$data" "$work" "$models"
python3 fit_screen.py "$data" "$work" "$models"
python3 expect.py "$work" "$models"
