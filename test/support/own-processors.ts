/**
 * Set-up of files that start a model, two at once: each keeps to its half of the processors, and so does all that it
 * starts. A model computes with a thread for each processor that it has, and all wait for the last at every step: two
 * models that had the same processors would hold each other up. Elsewhere than on Linux nothing is done.
 */
import { platform } from 'node:os'
import koffi from 'koffi'

/** Of `cpu_set_t`: room for 1,024 processors. */
const bytes = 128

function keepToOwnProcessors(worker: number, workers: number): void {
  const library = koffi.load(null)
  const get = library.func('int sched_getaffinity(int, size_t, _Out_ uint8_t *)')
  const set = library.func('int sched_setaffinity(int, size_t, const uint8_t *)')
  const mask = new Uint8Array(bytes)
  if (get(0, bytes, mask) < 0) return
  const all = Array.from({ length: bytes * 8 }, (_, index) => index).filter(
    (index) => mask[index >> 3]! & (1 << (index & 7)),
  )
  const own = all.filter((_, index) => index % workers === worker - 1)
  if (own.length === 0) return
  mask.fill(0)
  for (const index of own) mask[index >> 3]! |= 1 << (index & 7)
  set(0, bytes, mask)
}

if (platform() === 'linux') keepToOwnProcessors(Number(process.env['VITEST_POOL_ID'] ?? 1), 2)
