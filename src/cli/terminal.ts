import { createInterface } from 'node:readline/promises'
import type { Terminal } from './command.ts'

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    interactive: process.stdout.isTTY,
    columns: process.stdout.columns ?? 80,
    async ask(question) {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return null
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await lines.question(question)
      } finally {
        lines.close()
      }
    },
  }
}
