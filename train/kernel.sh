#!/bin/sh
# Compiles the judge's arithmetic. `pip install ziglang==0.17.1` first; the same compiler gives the same bytes.
# The memory comes from outside, 256 MiB at most, for several threads compute beside one model.
set -eu
cd "$(dirname "$0")/../src/guard/judge"
python3 -m ziglang cc --target=wasm32-freestanding -mcpu=generic+simd128+relaxed_simd+bulk_memory+atomics+mutable_globals \
  -O3 -ffast-math -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536 -Wl,--import-memory \
  -Wl,--shared-memory -Wl,--max-memory=268435456 -Wl,--export=__heap_base -Wl,--export=__stack_pointer \
  -o ../models/kernel.wasm kernel.c
chmod 644 ../models/kernel.wasm
