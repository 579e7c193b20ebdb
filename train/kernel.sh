#!/bin/sh
# Compiles the judge's arithmetic. `pip install ziglang==0.17.1` first; the same compiler gives the same bytes.
set -eu
cd "$(dirname "$0")/../src/guard/judge"
python3 -m ziglang cc --target=wasm32-freestanding -mcpu=generic+simd128+relaxed_simd+bulk_memory -O3 -ffast-math \
  -nostdlib -Wl,--no-entry -Wl,--strip-all -o ../models/kernel.wasm kernel.c
chmod 644 ../models/kernel.wasm
