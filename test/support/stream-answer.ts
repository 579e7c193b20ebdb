/** One streamed chat completion, watched from outside. */

export interface StreamEnd {
  /** Pieces of text that arrived. */
  readonly deltas: number
  readonly text: string
  /** Code of the error that ended it; null when it came to its own end. */
  readonly error: string | null
}

export interface StreamedAnswer {
  /** Resolved when the first text is there. */
  readonly firstText: Promise<void>
  readonly ended: Promise<StreamEnd>
  /** Leaves, as a client does that closes its window. */
  leave(): void
}

/** Asks `smollm2:135m` for a long story; `parameters` go into the body. */
export function streamAnswer(
  url: string,
  key: string,
  parameters: Record<string, unknown> = {},
): StreamedAnswer {
  const controller = new AbortController()
  const first = Promise.withResolvers<void>()
  const ended = read(url, key, parameters, controller.signal, first.resolve)
  ended.then(() => first.reject(new Error('It ended without any text.')), first.reject)
  first.promise.catch(() => {})
  return { firstText: first.promise, ended, leave: () => controller.abort() }
}

async function read(
  url: string,
  key: string,
  parameters: Record<string, unknown>,
  signal: AbortSignal,
  onText: () => void,
): Promise<StreamEnd> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: 'smollm2:135m',
      messages: [{ role: 'user', content: 'Tell me a long story about the sea.' }],
      temperature: 0,
      stream: true,
      ...parameters,
    }),
  })
  let deltas = 0
  let text = ''
  let error: string | null = null
  let rest = ''
  if (!response.ok || response.body === null) {
    const body = (await response.json()) as { error: { code: string } }
    return { deltas, text, error: body.error.code }
  }
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    rest += chunk
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue
      const event = JSON.parse(line.slice(6)) as {
        error?: { code: string }
        choices?: { delta?: { content?: string } }[]
      }
      const piece = event.choices?.[0]?.delta?.content ?? ''
      if (event.error !== undefined) error = event.error.code
      if (piece !== '') {
        deltas++
        text += piece
        onText()
      }
    }
  }
  return { deltas, text, error }
}
