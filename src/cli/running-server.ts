import { connectControl, type ControlClient } from '../api/control/client.ts'
import type { Config } from '../config.ts'

/** Has the server that runs on this home do something; does it by ourselves when there is none. */
export async function throughServer<Result>(
  { home }: Pick<Config, 'home'>,
  there: (server: ControlClient) => Promise<Result>,
  here: () => Promise<Result>,
): Promise<Result> {
  const server = await connectControl(home)
  if (server === null) return await here()
  try {
    return await there(server)
  } finally {
    await server.close()
  }
}
