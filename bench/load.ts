/** A load client: many people ask an OpenAI-compatible server at once and read their answers as streams. */

export interface Target {
  readonly url: string
  readonly key: string
  readonly model: string
}

/** What one person asks. */
export interface Question {
  readonly system?: string
  readonly user: string
  /** Length of the answer, whatever the model wants. */
  readonly tokens: number
  /** Fields of the body besides; with a format the answer may be shorter than `tokens`. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** What one answer took, in milliseconds from the moment it was asked for. */
export interface AnswerTiming {
  readonly firstToken: number
  readonly end: number
  readonly tokens: number
  /** Between two pieces of text, each. */
  readonly gaps: readonly number[]
  readonly text: string
}

/** One round of load. Times are milliseconds, rates tokens per second over all streams. */
export interface LoadFigures {
  readonly tokensPerSecond: number
  readonly firstTokenP50: number
  readonly firstTokenP95: number
}

const topics =
  'a lighthouse,a late train,two rivers,an old map,the first snow,a broken clock,a garden wall,the night shift,a paper boat,a quiet town,an orange cat,the last ferry,a stone bridge,a borrowed coat,the harvest,a lost letter'.split(
    ',',
  )

/** A prompt of about 44 tokens with the chat template; a different one for each stream. */
export function promptOf(stream: number): string {
  return `Write a story about ${topics[stream % topics.length]}, slowly, with many details and no dialogue at all.`
}

/** `streams` people ask at the same time; each answer is `tokens` long. */
export async function load(target: Target, streams: number, tokens: number): Promise<LoadFigures> {
  const started = performance.now()
  const answers = await Promise.all(
    Array.from({ length: streams }, (_, stream) => ask(target, { user: promptOf(stream), tokens })),
  )
  return figures(answers, performance.now() - started)
}

export function figures(answers: readonly AnswerTiming[], elapsed: number): LoadFigures {
  const first = answers.map((answer) => answer.firstToken)
  const total = answers.reduce((sum, answer) => sum + answer.tokens, 0)
  return {
    tokensPerSecond: (total / elapsed) * 1000,
    firstTokenP50: quantile(first, 0.5),
    firstTokenP95: quantile(first, 0.95),
  }
}

/** The value below which a share of all lies; the greater of two neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.ceil((sorted.length - 1) * share)] ?? Number.NaN
}

/** Asks once and reads the whole stream. @throws when the answer is not as long as was asked for. */
export async function ask(target: Target, { system, user, tokens, more }: Question): Promise<AnswerTiming> {
  const started = performance.now()
  const response = await fetch(`${target.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${target.key}` },
    body: JSON.stringify({
      model: target.model,
      messages: [
        ...(system === undefined ? [] : [{ role: 'system', content: system }]),
        { role: 'user', content: user },
      ],
      max_tokens: tokens,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      ...(more ?? { ignore_eos: true }),
    }),
  })
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`)
  const arrivals: number[] = []
  const texts: string[] = []
  let counted = 0
  for await (const event of eventsOf(response.body)) {
    const text = event.choices?.[0]?.delta?.content
    if (text) {
      arrivals.push(performance.now() - started)
      texts.push(text)
    }
    if (event.usage) counted = event.usage.completion_tokens
  }
  if (more === undefined && counted !== tokens)
    throw new Error(`${target.url} answered ${counted} tokens where ${tokens} were asked for.`)
  return {
    firstToken: arrivals[0] ?? Number.NaN,
    end: performance.now() - started,
    tokens: counted,
    gaps: arrivals.slice(1).map((arrival, index) => arrival - (arrivals[index] ?? 0)),
    text: texts.join(''),
  }
}

interface ChatEvent {
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[]
  readonly usage?: { readonly completion_tokens: number } | null
}

async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ChatEvent> {
  let rest = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    rest += chunk
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data: {')) yield JSON.parse(line.slice(6)) as ChatEvent
  }
}
