import type { Usage } from '../../core/part.ts'
import type { EngineRequest } from '../../core/request.ts'
import type { UsageReport } from './event-schema.ts'

const charactersPerToken = 4
/** More than the longest token of any vocabulary in use has. */
const longestToken = 256
/** Tokens that a template may put around a prompt. */
const mostTemplate = 10_000

/** Tokens of what is asked, reckoned by its length. */
export function promptEstimateOf(request: Pick<EngineRequest, 'input' | 'toolUse'>): number {
  return Math.ceil(charactersOf(request) / charactersPerToken)
}

/** Counts along while an answer comes, to have numbers when the upstream gives none, and to notice those that cannot be. */
export class UsageCount {
  readonly promptEstimate: number
  readonly #request: EngineRequest
  /** Output tokens of each choice, as told while it runs. */
  readonly #told: number[] = []
  #report: UsageReport | null = null
  #characters = 0
  #tokens = 0
  #thoughtTokens = 0

  constructor(request: EngineRequest) {
    this.#request = request
    this.promptEstimate = promptEstimateOf(request)
  }

  hear(report: UsageReport): void {
    this.#report = report
  }

  /** How many tokens an event of this choice brought: by its running usage, else one. */
  tokensOf(choice: number, running: UsageReport | null): number {
    if (running?.completion_tokens == null) return 1
    const before = this.#told[choice] ?? 0
    this.#told[choice] = running.completion_tokens
    return Math.max(0, running.completion_tokens - before)
  }

  said(text: string, tokens: number, thought: boolean): void {
    this.#characters += text.length
    this.#tokens += tokens
    if (thought) this.#thoughtTokens += tokens
  }

  /** More was said than so many tokens can hold. */
  get endless(): boolean {
    const { maxTokens, choices } = this.#request
    return maxTokens !== null && this.#characters > maxTokens * choices * longestToken + mostTemplate
  }

  get lied(): boolean {
    return this.#report !== null && !this.#believable(this.#report)
  }

  usage(): Usage {
    const report = this.#report
    if (report === null || report.completion_tokens == null || !this.#believable(report)) {
      const outputTokens = Math.max(this.#tokens, Math.ceil(this.#characters / charactersPerToken))
      const counted = { promptTokens: this.promptEstimate, cachedTokens: 0, outputTokens }
      return { ...counted, reasoningTokens: Math.min(this.#thoughtTokens, outputTokens), estimated: true }
    }
    const outputTokens = report.completion_tokens
    const thought = report.completion_tokens_details?.reasoning_tokens ?? this.#thoughtTokens
    return {
      promptTokens: report.prompt_tokens,
      cachedTokens: Math.min(report.prompt_tokens_details?.cached_tokens ?? 0, report.prompt_tokens),
      outputTokens,
      reasoningTokens: Math.min(thought, outputTokens),
    }
  }

  /** No token is shorter than a byte, none of an answer comes beyond its bound, and text has at least one. */
  #believable({ prompt_tokens: prompt, completion_tokens: completion }: UsageReport): boolean {
    const { maxTokens, choices } = this.#request
    if (prompt > 4 * charactersOf(this.#request) + mostTemplate) return false
    if (completion == null) return true
    if (completion === 0 && this.#characters > 0) return false
    return maxTokens === null || completion <= maxTokens * choices
  }
}

function charactersOf({ input, toolUse }: Pick<EngineRequest, 'input' | 'toolUse'>): number {
  const tools = toolUse === null ? 0 : JSON.stringify(toolUse.tools).length
  if (input.kind === 'text') return tools + input.text.length
  if (input.kind === 'tokens') return tools + charactersPerToken * input.tokens.length
  return input.messages.reduce((sum, { content, reasoning, toolCalls }) => {
    const calls = (toolCalls ?? []).reduce((length, call) => length + call.arguments.length, 0)
    return sum + content.length + (reasoning?.length ?? 0) + calls
  }, tools)
}
