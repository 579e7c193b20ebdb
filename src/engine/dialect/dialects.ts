/** Tells how a model writes thoughts and calls from what stands in its chat template: never from its name. */
import { deepseekFencedCalls, deepseekPlainCalls } from './deepseek.ts'
import { usualRendering, type CallForm, type Dialect, type Rendering, type ThoughtMarks } from './dialect.ts'
import { functionGemmaCalls, gemma4Calls } from './gemma.ts'
import { harmonyCalls, harmonyMessages, harmonyThought, readHarmony } from './harmony.ts'
import { describedCalls, hermesCalls } from './hermes.ts'
import { llamaCalls } from './llama.ts'
import { mistralListCalls, mistralNamedCalls } from './mistral.ts'
import { taggedCalls } from './tagged-calls.ts'

interface CallDialect {
  readonly name: string
  readonly calls: CallForm
  readonly rendering?: Partial<Rendering>
  /** Whether a template writes calls in this form. */
  readonly fits: (template: string) => boolean
}

/** The first that fits counts: those with marks of their own come before those with common ones. */
const callDialects: readonly CallDialect[] = [
  {
    name: 'function-gemma',
    calls: functionGemmaCalls,
    fits: (template) => template.includes('<start_function_call>'),
  },
  {
    name: 'gemma-4',
    calls: gemma4Calls,
    fits: (template) => template.includes('<|tool_call>') && template.includes('<tool_call|>'),
  },
  {
    name: 'deepseek-v3',
    calls: deepseekFencedCalls,
    fits: (template) => template.includes('<｜tool▁calls▁begin｜>') && template.includes('```json'),
  },
  {
    name: 'deepseek-v3.1',
    calls: deepseekPlainCalls,
    fits: (template) => template.includes('<｜tool▁calls▁begin｜>'),
  },
  {
    name: 'mistral-named',
    calls: mistralNamedCalls,
    rendering: { callIds: 'nine-letters' },
    fits: (template) => template.includes('[TOOL_CALLS]') && template.includes('[ARGS]'),
  },
  {
    name: 'mistral',
    calls: mistralListCalls,
    rendering: { callIds: 'nine-letters' },
    fits: (template) => template.includes('[TOOL_CALLS]'),
  },
  {
    name: 'tagged',
    calls: taggedCalls,
    fits: (template) => template.includes('<function=') && template.includes('<parameter='),
  },
  {
    name: 'hermes',
    calls: hermesCalls,
    // Others use the same tags around another form.
    fits: (template) => template.includes('<tool_call>') && !/<arg_key>|<invoke|<param/u.test(template),
  },
  {
    name: 'llama',
    calls: llamaCalls,
    rendering: { oneCall: true },
    fits: (template) =>
      template.includes('<|start_header_id|>') &&
      /["']parameters["']: /u.test(template) &&
      !template.includes('<function='),
  },
]

const described: Omit<CallDialect, 'fits'> = {
  name: 'described',
  calls: describedCalls,
  rendering: { tools: 'described' },
}

/** Marks of thoughts, each with what of it a template has in it. */
const thoughts: readonly (ThoughtMarks & { readonly sign: string })[] = [
  { sign: '[/THINK]', open: '[THINK]', close: '[/THINK]' },
  { sign: '<channel|>', open: '<|channel>thought\n', close: '<channel|>' },
  { sign: '<|END_THINKING|>', open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
  { sign: '</seed:think>', open: '<seed:think>', close: '</seed:think>' },
  { sign: '</think>', open: '<think>', close: '</think>' },
  { sign: '<think>', open: '<think>', close: '</think>' },
]

/** @param template null for a model without one: it continues text, and nothing in that means anything. */
export function dialectOf(template: string | null): Dialect {
  const source = template ?? ''
  if (source.includes('<|channel|>') && source.includes('<|message|>')) {
    return {
      name: 'harmony',
      thought: harmonyThought,
      calls: harmonyCalls,
      rendering: { ...usualRendering, oneCall: true },
      messages: harmonyMessages,
      read: readHarmony,
    }
  }
  const takesTools = /\btools\b/u.test(source)
  const found = (takesTools ? callDialects.find(({ fits }) => fits(source)) : undefined) ?? described
  const { name, calls, rendering } = found
  const thought = thoughts.find(({ sign }) => source.includes(sign)) ?? null
  const argumentsKind = writesArgumentsAsTheyAre(name, source) ? 'text' : 'object'
  return {
    name,
    thought: thought && { open: thought.open, close: thought.close },
    calls,
    rendering: {
      ...usualRendering,
      arguments: argumentsKind,
      systemTurn: !/raise_exception\([^)]*system role/iu.test(source),
      ...rendering,
    },
    messages: null,
    read: null,
  }
}

/** DeepSeek's templates join arguments to their text; all others have them written as JSON. */
function writesArgumentsAsTheyAre(name: string, template: string): boolean {
  return name.startsWith('deepseek') && !/arguments['"]?\]?\s*\|\s*(tojson|items)/u.test(template)
}
