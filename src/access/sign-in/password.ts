/** Passwords: argon2id (RFC 9106) of `node:crypto`, kept as PHC strings, so that the costs can be raised later. */
import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto'
import { promisify } from 'node:util'
import { elpisError } from '../../errors.ts'

const derive = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>

/** Above OWASP's least (19 MiB, 2 passes): about 0.1 s on one core of a small machine. */
const costs = { memory: 32_768, passes: 2, parallelism: 1 } as const
const tagLength = 32

const shape = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]{22})\$([\w+/]{43})$/

/** Each takes 32 MiB and a thread: more at once would slow the answers that are running. */
const mostAtOnce = 2
const mostWaiting = 64

let running = 0
const waiting: (() => void)[] = []

/** A PHC string with a new random salt. Waits its turn, since each hash takes much memory. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await inTurn(() => argon(password, nonce, costs))
  const { memory, passes, parallelism } = costs
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`
}

/** Of no password. What is checked against it takes as long as any other, and never fits. */
const nobody = `$argon2id$v=19$m=${costs.memory},t=${costs.passes},p=${costs.parallelism}$${unpadded(randomBytes(16))}$${unpadded(randomBytes(tagLength))}`

/**
 * Whether the password fits. Takes the same time for somebody who has none (`hash` null).
 *
 * @throws `overloaded` when too many are being checked
 */
export async function passwordFits(password: string, hash: string | null): Promise<boolean> {
  const parts = shape.exec(hash ?? nobody)
  if (parts === null) return false
  const [, memory, passes, parallelism, nonce = '', expected = ''] = parts
  const tag = await inTurn(() =>
    argon(password, Buffer.from(nonce, 'base64'), {
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
    }),
  )
  return timingSafeEqual(tag, Buffer.from(expected, 'base64')) && hash !== null
}

function argon(
  password: string,
  nonce: Buffer,
  cost: { readonly memory: number; readonly passes: number; readonly parallelism: number },
): Promise<Buffer> {
  // The same letters typed on another keyboard may arrive as other code points.
  return derive('argon2id', { message: Buffer.from(password.normalize('NFKC')), nonce, tagLength, ...cost })
}

async function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
  if (running < mostAtOnce) running++
  else {
    if (waiting.length >= mostWaiting) throw elpisError('overloaded', { queued: waiting.length })
    await new Promise<void>((resolve) => void waiting.push(resolve))
  }
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    // Whoever waited takes this place over: the count stays.
    if (next === undefined) running--
    else next()
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
