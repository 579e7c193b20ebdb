import type { FinishReason, JudgedWindow, Part } from '../core/part.ts'
import { canonical } from './canonical.ts'

interface Choice {
  readonly text: string[]
  readonly reasoning: string[]
  readonly calls: { readonly name: string; readonly arguments: string[] }[]
  reason: FinishReason | null
  /** Null where nobody said. */
  tokens: readonly number[] | null
  /** Null where nothing was judged, or not all. */
  windows: readonly JudgedWindow[] | null
}

/** What left of an answer, choice by choice. */
export class Released {
  readonly #choices: Choice[] = []

  add(part: Part): void {
    if (!('choice' in part)) return
    const choice = this.#choice(part.choice)
    switch (part.type) {
      case 'text-delta':
        choice.text.push(part.text)
        break
      case 'reasoning-delta':
        choice.reasoning.push(part.text)
        break
      case 'tool-call-start':
        choice.calls[part.call] = { name: part.name, arguments: [] }
        break
      case 'tool-call-delta':
        choice.calls[part.call]?.arguments.push(part.arguments)
        break
      case 'finish':
        choice.reason = part.reason
        choice.tokens = part.tokens ?? null
        choice.windows = part.windows ?? null
        break
      default:
        part satisfies never
    }
  }

  /** Canonical JSON of all choices: what the commitment in the log is over. Null when nothing left. */
  text(): string | null {
    if (this.#choices.length === 0) return null
    return canonical(
      Array.from(this.#choices, (choice) => ({
        text: choice?.text.join('') ?? '',
        reasoning: choice?.reasoning.join('') ?? '',
        calls: (choice?.calls ?? []).map((call) => ({ name: call.name, arguments: call.arguments.join('') })),
        reason: choice?.reason ?? null,
      })),
    )
  }

  /** All tokens that were chosen, choice by choice. */
  tokens(): (readonly number[] | null)[] {
    return Array.from(this.#choices, (choice) => choice?.tokens ?? null)
  }

  /** How each choice was judged. */
  windows(): (readonly JudgedWindow[] | null)[] {
    return Array.from(this.#choices, (choice) => choice?.windows ?? null)
  }

  #choice(index: number): Choice {
    return (this.#choices[index] ??= {
      text: [],
      reasoning: [],
      calls: [],
      reason: null,
      tokens: null,
      windows: null,
    })
  }
}
