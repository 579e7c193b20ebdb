#!/usr/bin/env node
// Plain JavaScript, for any Node from 18 on: finds the Node that Elpis pins and hands over to it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { pinnedNode, pinnedVersion } from './pinned-node.js'

const source = fileURLToPath(new URL('../src/cli/cli.ts', import.meta.url))
const built = fileURLToPath(new URL('../dist/cli/cli.js', import.meta.url))
// A checkout runs its sources as they are; a published package has only what was built from them.
const entry = existsSync(source) ? source : built

if (Number(process.versions.node.split('.')[0]) >= Number(pinnedVersion.split('.')[0])) {
  // A folder of our own, not the shared one of the machine, where others could put code.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/elpis-compile', import.meta.url)))
  await import(entry)
} else {
  const node = pinnedNode()
  if (node === null) {
    process.stderr.write(
      `error: Elpis needs Node ${pinnedVersion} or newer, this is ${process.version}, and the pinned one is not installed.\n` +
        '  Run `npm ci` without --omit=optional, or install a newer Node.\n',
    )
    process.exit(1)
  }
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
