/** A wire that a test can cut: what is sent into it then goes nowhere, and nothing says so, as when a network splits. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  cut(): void
  mend(): void
  close(): Promise<void>
}

/** Forwards to `port` on loopback. */
export async function tcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => {
        if (whole) to.write(data)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        if (whole) to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hangUp = () => sockets.forEach((socket) => socket.destroy())
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      whole = false
    },
    mend() {
      // What was swallowed is lost to its connection for good.
      hangUp()
      whole = true
    },
    async close() {
      hangUp()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
