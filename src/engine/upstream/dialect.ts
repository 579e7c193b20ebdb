/** What servers that speak OpenAI's protocol understand besides it. Shared code asks for a capability, never for a name. */

export interface Dialect {
  /** Names of sampling parameters that OpenAI does not have; null where there is none. */
  readonly topK: string | null
  readonly minP: string | null
  readonly repeatPenalty: string | null
  readonly ignoreEos: string | null
  readonly priority: string | null
  /** Whether `chat_template_kwargs` reach the template: how thinking is switched on and off. */
  readonly templateArguments: boolean
  /** The parameter that bounds the tokens of thoughts. */
  readonly thoughtBudget: string | null
  /** Whether every event can carry the usage so far, so that counts are exact from the beginning. */
  readonly runningUsage: boolean
  /** The parameter that bounds the answer to a conversation. */
  readonly maxTokens: 'max_completion_tokens' | 'max_tokens'
  /** Where it turns prompts into tokens as vLLM does: below its base, beside it, or nowhere. */
  readonly tokenize: 'below-base' | 'beside-base' | null
}

const openai: Dialect = {
  topK: null,
  minP: null,
  repeatPenalty: null,
  ignoreEos: null,
  priority: null,
  templateArguments: false,
  thoughtBudget: null,
  runningUsage: false,
  maxTokens: 'max_completion_tokens',
  tokenize: null,
}

const vllm: Dialect = {
  topK: 'top_k',
  minP: 'min_p',
  repeatPenalty: 'repetition_penalty',
  ignoreEos: 'ignore_eos',
  // Only a vLLM that was started for it takes priorities, and any other refuses them.
  priority: null,
  templateArguments: true,
  thoughtBudget: null,
  runningUsage: true,
  maxTokens: 'max_completion_tokens',
  tokenize: 'beside-base',
}

export const dialects = {
  openai,
  vllm,
  sglang: { ...vllm, runningUsage: false, tokenize: null },
  'llama-server': {
    ...openai,
    topK: 'top_k',
    minP: 'min_p',
    repeatPenalty: 'repeat_penalty',
    ignoreEos: 'ignore_eos',
    templateArguments: true,
    maxTokens: 'max_tokens',
  },
  elpis: {
    ...openai,
    topK: 'top_k',
    minP: 'min_p',
    repeatPenalty: 'repeat_penalty',
    ignoreEos: 'ignore_eos',
    priority: 'priority',
    templateArguments: true,
    thoughtBudget: 'reasoning_budget',
    tokenize: 'below-base',
  },
} as const satisfies Record<string, Dialect>

export type Kind = keyof typeof dialects

/** `owned_by` of a server's models says what it is. */
const owners: ReadonlyMap<string, Kind> = new Map([
  ['vllm', 'vllm'],
  ['sglang', 'sglang'],
  ['llamacpp', 'llama-server'],
  ['elpis', 'elpis'],
])

/** The kind of server, by `owned_by` in its list of models; `openai`, which promises least, for unknown owners. */
export function kindOwnedBy(owner: string | undefined): Kind {
  return owners.get(owner ?? '') ?? 'openai'
}
