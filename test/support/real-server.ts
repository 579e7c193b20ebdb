import OpenAI from 'openai'
import {
  createKey,
  freshHome,
  serveElpis,
  withRealModel,
  type Home,
  type RunningServer,
  type RunOptions,
} from './elpis.ts'

/** The product with the real model on a home of its own, and a client with a key for it. */
export interface RealServer extends AsyncDisposable {
  readonly home: Home
  readonly server: RunningServer
  readonly key: string
  readonly client: OpenAI
}

/** `elpis serve …words` with the real model, once that answers; gone with its home when disposed of. */
export async function realServer(
  words: readonly string[] = [],
  options: RunOptions = {},
): Promise<RealServer> {
  const home = freshHome()
  await withRealModel(home)
  const server = await serveElpis(home, words, options)
  const { key } = await createKey(home)
  return {
    home,
    server,
    key,
    client: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await home[Symbol.asyncDispose]()
    },
  }
}
