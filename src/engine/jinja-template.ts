/** A chat template as Hugging Face's `apply_chat_template` runs it. Without any bound: see chat-template-process.ts. */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import type { TemplateMessage, TemplateTool } from './dialect/template-conversation.ts'

export interface TemplateInput {
  readonly messages: readonly TemplateMessage[]
  readonly tools?: readonly TemplateTool[] | null
  /** Further variables. */
  readonly switches?: Readonly<Record<string, boolean | string>>
  readonly bosText: string
  readonly eosText: string
  /** Epoch milliseconds, for templates that say what day it is. */
  readonly now: number
}

/** Thrown by a template's own `raise_exception`. */
export class TemplateRefusal extends Error {}

/** Numbers that one `range()` of a template may have. */
const longestRange = 1_000_000

/** A template is parsed once and rendered as often as needed; a render has no bound on time or memory. */
export class JinjaTemplate {
  readonly #program: ReturnType<typeof parse>

  /** @throws when `source` is not a template. */
  constructor(source: string) {
    // The settings of Hugging Face's own renderer, for which templates are written.
    this.#program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
  }

  /**
   * @throws {TemplateRefusal} when the template says no.
   * @throws any other error when it cannot be run.
   */
  render(input: TemplateInput): string {
    const environment = new Environment()
    for (const [name, value] of Object.entries(globalsFor(input))) environment.set(name, value)
    return String(new Interpreter(environment).run(this.#program).value)
  }
}

function globalsFor(input: TemplateInput): Record<string, unknown> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    ...input.switches,
    messages: input.messages,
    tools: input.tools ?? null,
    documents: null,
    add_generation_prompt: true,
    bos_token: input.bosText,
    eos_token: input.eosText,
    range,
    raise_exception: (reason: unknown) => {
      throw new TemplateRefusal(String(reason))
    },
    strftime_now: (format: unknown) => formatTime(new Date(input.now), String(format)),
  }
}

function range(...bounds: readonly number[]): number[] {
  const [start, stop, step] =
    bounds.length === 1 ? [0, bounds[0] ?? 0, 1] : [bounds[0] ?? 0, bounds[1] ?? 0, bounds[2] ?? 1]
  if (step === 0) throw new Error('range() must not have a step of zero')
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= longestRange)) throw new Error(`range() of more than ${longestRange} numbers`)
  return Array.from({ length }, (_, index) => start + index * step)
}

/** The directives of C's strftime that templates use, in English and UTC. */
function formatTime(time: Date, format: string): string {
  const named = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' }).format(time)
  const padded = (value: number, digits = 2) => String(value).padStart(digits, '0')
  const directives: Readonly<Record<string, () => string>> = {
    Y: () => String(time.getUTCFullYear()),
    y: () => padded(time.getUTCFullYear() % 100),
    m: () => padded(time.getUTCMonth() + 1),
    d: () => padded(time.getUTCDate()),
    e: () => String(time.getUTCDate()).padStart(2),
    b: () => named({ month: 'short' }),
    B: () => named({ month: 'long' }),
    a: () => named({ weekday: 'short' }),
    A: () => named({ weekday: 'long' }),
    H: () => padded(time.getUTCHours()),
    I: () => padded(time.getUTCHours() % 12 || 12),
    M: () => padded(time.getUTCMinutes()),
    S: () => padded(time.getUTCSeconds()),
    p: () => (time.getUTCHours() < 12 ? 'AM' : 'PM'),
    j: () => padded(Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0)) / 86_400_000) + 1, 3),
    Z: () => 'UTC',
    z: () => '+0000',
    F: () => formatTime(time, '%Y-%m-%d'),
    T: () => formatTime(time, '%H:%M:%S'),
    '%': () => '%',
  }
  return format.replaceAll(/%-?(.)/g, (whole: string, directive: string) => {
    const value = Object.hasOwn(directives, directive) ? directives[directive]?.() : undefined
    if (value === undefined) return whole
    return whole.startsWith('%-') ? value.replace(/^0+(?=\d)/, '') : value
  })
}
