/** A load client: many people ask an OpenAI-compatible server at once and read their answers as streams. */

/** What one answer took, in milliseconds from the moment it was asked for. */
interface AnswerTiming {
  readonly firstToken: number
  readonly end: number
  readonly tokens: number
}

/** One round of load. Times are milliseconds, rates tokens per second over all streams. */
export interface LoadFigures {
  readonly tokensPerSecond: number
  readonly firstTokenP50: number
  readonly firstTokenP95: number
}

export interface Target {
  readonly url: string
  readonly key: string
  readonly model: string
}

const topics =
  'a lighthouse,a late train,two rivers,an old map,the first snow,a broken clock,a garden wall,the night shift,a paper boat,a quiet town,an orange cat,the last ferry,a stone bridge,a borrowed coat,the harvest,a lost letter'.split(
    ',',
  )

/** A prompt of about 44 tokens with the chat template; a different one for each stream. */
export function promptOf(stream: number): string {
  return `Write a story about ${topics[stream % topics.length]}, slowly, with many details and no dialogue at all.`
}

/** `streams` people ask at the same time; each answer is `tokens` long whatever the model wants. */
export async function load(target: Target, streams: number, tokens: number): Promise<LoadFigures> {
  const started = performance.now()
  const answers = await Promise.all(
    Array.from({ length: streams }, (_, stream) => ask(target, promptOf(stream), tokens)),
  )
  return figures(answers, performance.now() - started)
}

export function figures(answers: readonly AnswerTiming[], elapsed: number): LoadFigures {
  const first = answers.map((answer) => answer.firstToken).sort((a, b) => a - b)
  const total = answers.reduce((sum, answer) => sum + answer.tokens, 0)
  return {
    tokensPerSecond: (total / elapsed) * 1000,
    firstTokenP50: first[Math.floor((first.length - 1) * 0.5)] ?? Number.NaN,
    firstTokenP95: first[Math.ceil((first.length - 1) * 0.95)] ?? Number.NaN,
  }
}

async function ask(target: Target, prompt: string, tokens: number): Promise<AnswerTiming> {
  const started = performance.now()
  const response = await fetch(`${target.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${target.key}` },
    body: JSON.stringify({
      model: target.model,
      messages: [{ role: 'user', content: prompt }],
      max_tokens: tokens,
      temperature: 0,
      ignore_eos: true,
      stream: true,
      stream_options: { include_usage: true },
    }),
  })
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`)
  let firstToken = Number.NaN
  let counted = 0
  let rest = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    rest += chunk
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue
      const event = JSON.parse(line.slice(6)) as {
        choices?: { delta?: { content?: string } }[]
        usage?: { completion_tokens: number } | null
      }
      if (Number.isNaN(firstToken) && event.choices?.[0]?.delta?.content)
        firstToken = performance.now() - started
      if (event.usage) counted = event.usage.completion_tokens
    }
  }
  if (counted !== tokens)
    throw new Error(`${target.url} answered ${counted} tokens where ${tokens} were asked for.`)
  return { firstToken, end: performance.now() - started, tokens: counted }
}
