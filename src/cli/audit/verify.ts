import { readFile } from 'node:fs/promises'
import { openCheckpoint } from '../../audit/checkpoint.ts'
import { openHomeKeys } from '../../audit/home-keys.ts'
import { folderLog, servedLog } from '../../audit/log-sources.ts'
import type { VerifierKey } from '../../audit/note.ts'
import { PublicLog } from '../../audit/public-log.ts'
import { Tree } from '../../audit/tree.ts'
import { verifyConsistency } from '../../audit/verify-consistency.ts'
import { verifyLog, type LogReport, type LogSource } from '../../audit/verify-log.ts'
import { verifyReceipt, type ReceiptReport } from '../../audit/verify-receipt.ts'
import { verifyTransparency } from '../../audit/verify-transparency.ts'
import type { Config } from '../../config.ts'
import { elpisError, type ElpisError } from '../../errors.ts'
import { openStorage } from '../../storage/storage.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { keyOf } from './keys-of.ts'

/** Something is not what was signed (see `errors.ts`). */
const notAsSigned = 6

const options = {
  key: {
    type: 'string',
    value: 'KEY|FILE',
    description: "The log's public key, or a file that holds it. This home's own when left out.",
  },
  witness: {
    type: 'string',
    value: 'KEY|FILE',
    multiple: true,
    description: 'The public key of a witness that must have signed as well. May be given several times.',
  },
  'api-key-env': {
    type: 'string',
    value: 'NAME',
    description:
      "The variable of the environment with an auditor's API key, to read entries over the network.",
  },
  hashes: { type: 'boolean', description: 'Of a log: check hashes only, which anybody may read.' },
} as const

export const verify = defineCommand({
  name: 'verify',
  summary:
    'Check a receipt, a whole log, that one checkpoint follows from another, or a statement. Offline, by the public key.',
  usage: 'receipt FILE | log [FOLDER|URL] | consistency OLD NEW | transparency FILE [FOLDER|URL]',
  details:
    'Exit code 6 when it does not hold. Checkpoints are files or URLs; the proof between them is computed from the log that NEW is a part of (FOLDER/checkpoint, or URL/checkpoint). A statement is what /log/transparency answers; with a log whose entries one may read, all that it says is counted again.',
  examples: [
    'elpis audit verify receipt answer.tlog-proof --key log.pub',
    'elpis audit verify log',
    'elpis audit verify log https://ai.example.org/log --key log.pub --hashes',
    'elpis audit verify consistency monday.checkpoint https://ai.example.org/log --key log.pub',
    'elpis audit verify transparency statement.json --key log.pub',
  ],
  options,
  positionals: [1, 3],
  async run(invocation) {
    const [what, first, second] = invocation.positionals
    if (what === 'receipt' && first !== undefined && second === undefined)
      return await receipt(invocation, first)
    if (what === 'log' && second === undefined) return await log(invocation, first ?? null)
    if (what === 'consistency' && first !== undefined && second !== undefined) {
      return await consistency(invocation, first, second)
    }
    if (what === 'transparency' && first !== undefined) {
      return await transparency(invocation, first, second ?? null)
    }
    throw elpisError('usage', {
      problem: 'It must be said what to check.',
      suggestion:
        'One of: receipt FILE, log [FOLDER|URL], consistency OLD NEW, transparency FILE [FOLDER|URL].',
    })
  },
})

type Asked = Invocation<typeof options>

async function receipt({ options, config, json, terminal }: Asked, file: string): Promise<number> {
  const keys = await keysOf(options, config)
  const report = verifyReceipt(await read(file), keys.log, keys.witnesses)
  const ok = report.ok && allSigned(report, keys.witnesses)
  if (json) terminal.print(JSON.stringify({ ...report, ok, salt: undefined, opens: report.salt !== null }))
  else if (!report.ok) terminal.print(`NOT PROVEN: ${report.problem ?? ''}.`)
  else {
    const { entry, index, size } = report
    terminal.print(`Entry ${index ?? ''} of ${size ?? ''} in the log of ${keys.log.name}:`)
    terminal.print(JSON.stringify(entry, null, 2))
    terminal.print(witnessLine(report, keys.witnesses))
  }
  return ok ? 0 : notAsSigned
}

async function log({ options, config, json, terminal }: Asked, place: string | null): Promise<number> {
  const keys = await keysOf(options, config)
  const hashesOnly = options.hashes === true
  const report = await withLog(place, options, config, (source) =>
    verifyLog({ source, key: keys.log, witnesses: keys.witnesses, hashesOnly }),
  )
  const ok = report.ok && allSigned(report, keys.witnesses)
  if (json) terminal.print(JSON.stringify({ ...report, ok }))
  else {
    for (const problem of report.problems) terminal.print(`WRONG: ${problem}.`)
    const { origin, size, root, requests, acts } = report
    if (report.ok) terminal.print(`The log of ${origin} is whole: ${size} entries, root ${root}.`)
    if (report.ok && requests !== null) terminal.print(`${requests} are of requests, ${acts ?? 0} of acts.`)
    terminal.print(witnessLine(report, keys.witnesses))
  }
  return ok ? 0 : notAsSigned
}

async function consistency(
  { options, config, json, terminal }: Asked,
  older: string,
  newer: string,
): Promise<number> {
  const keys = await keysOf(options, config)
  const old = openCheckpoint(await read(older), keys.log)
  const problem =
    old === null
      ? `${older} is not a checkpoint that ${keys.log.name} signed`
      : await withLog(newer, options, config, (source) => verifyConsistency(old, source, keys.log))
  if (json) terminal.print(JSON.stringify({ ok: problem === null, problem }))
  else if (problem !== null) terminal.print(`NOT CONSISTENT: ${problem}.`)
  else terminal.print(`The log only grew: its first ${old?.size ?? 0} entries are those of ${older}.`)
  return problem === null ? 0 : notAsSigned
}

async function transparency(
  { options, config, json, terminal }: Asked,
  file: string,
  place: string | null,
): Promise<number> {
  const { log: key } = await keysOf(options, config)
  const text = await read(file)
  const report =
    place === null
      ? await verifyTransparency(text, key, null)
      : await withLog(place, options, config, (source) => verifyTransparency(text, key, source))
  const { statement, problems, counted } = report
  if (json) terminal.print(JSON.stringify(report))
  else {
    for (const problem of problems) terminal.print(`WRONG: ${problem}.`)
    if (statement !== null) {
      const { size, at, witnesses } = statement
      terminal.print(`${key.name} said at ${new Date(at).toISOString()}, of its first ${size} entries:`)
      terminal.print(JSON.stringify(statement, null, 2))
      terminal.print(witnesses.length === 0 ? 'unwitnessed.' : `Witnessed by ${witnesses.join(', ')}.`)
    }
    if (report.ok)
      terminal.print(counted ? 'The entries add up to it.' : 'Signed; its entries were not counted (FOLDER).')
  }
  return report.ok ? 0 : notAsSigned
}

function allSigned(
  { witnesses }: Pick<LogReport | ReceiptReport, 'witnesses'>,
  asked: readonly VerifierKey[],
): boolean {
  return witnesses.length === asked.length
}

function witnessLine({ witnesses }: Pick<LogReport, 'witnesses'>, asked: readonly VerifierKey[]): string {
  if (asked.length === 0) return 'unwitnessed: no witness was asked about (--witness KEY).'
  const missing = asked.filter(({ name }) => !witnesses.includes(name)).map(({ name }) => name)
  return missing.length === 0
    ? `Witnessed by ${witnesses.join(', ')}.`
    : `UNWITNESSED by ${missing.join(', ')}.`
}

interface Keys {
  readonly log: VerifierKey
  readonly witnesses: readonly VerifierKey[]
}

async function keysOf({ key, witness = [] }: Asked['options'], config: () => Config): Promise<Keys> {
  const witnesses = await Promise.all(witness.map(keyOf))
  if (key !== undefined) return { log: await keyOf(key), witnesses }
  const { home, audit } = config()
  return { log: openHomeKeys(home, audit.origin).log, witnesses }
}

/** What a file or an address holds. */
async function read(place: string): Promise<string> {
  if (/^https?:/.test(place)) return await servedLog(place.replace(/\/checkpoint$/, ''), null).checkpoint()
  try {
    return await readFile(place, 'utf8')
  } catch (error) {
    throw unreadable(place, (error as Error).message)
  }
}

async function withLog<Result>(
  place: string | null,
  options: Asked['options'],
  config: () => Config,
  work: (source: LogSource) => Promise<Result>,
): Promise<Result> {
  if (place !== null) {
    const variable = options['api-key-env']
    const apiKey = variable === undefined ? null : (process.env[variable] ?? null)
    if (/^https?:/.test(place)) return await work(servedLog(place, apiKey))
    try {
      return await work(folderLog(place))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw unreadable(place, 'it is not there')
      throw error
    }
  }
  const storage = await openStorage(config())
  try {
    return await work(new PublicLog(storage.audit, new Tree(storage.audit)))
  } finally {
    await storage.close()
  }
}

function unreadable(log: string, reason: string): ElpisError {
  return elpisError('audit_log_unreadable', { log, reason })
}
