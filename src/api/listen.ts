import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { elpisError } from '../errors.ts'

export interface Listening {
  readonly port: number
  /** Takes no more connections; those in use go on. */
  refuseNew(): void
  /** Ends every connection. */
  hangUp(): void
}

const ipv4Loopback = '127.0.0.1'
const ipv6Loopback = '::1'

/**
 * Listens on `host`; on IPv4 loopback also on IPv6 loopback, since `localhost` may mean either.
 *
 * @throws `port_in_use`, `bind_failed`
 */
export async function listen(makeServer: () => Server, host: string, port: number): Promise<Listening> {
  const servers = [await bound(makeServer(), host, port)]
  const taken = portOf(servers[0])
  if (host === ipv4Loopback) {
    try {
      servers.push(await bound(makeServer(), ipv6Loopback, taken))
    } catch (error) {
      // A machine without IPv6 is fine; another server there is not: a browser might reach it instead of us.
      if ((error as { code?: string }).code === 'port_in_use') {
        servers[0]?.close()
        throw error
      }
    }
  }
  return {
    port: taken,
    refuseNew: () => servers.forEach((server) => server.close()),
    hangUp: () => servers.forEach((server) => server.closeAllConnections()),
  }
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === ipv6Loopback || /^127(\.\d{1,3}){3}$/.test(host)
}

/** The address to print: passkeys and cookies want a name, not an IP. */
export function originOf(host: string, port: number): string {
  if (isLoopback(host) || host === '0.0.0.0' || host === '::') return `http://localhost:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function bound(server: Server, host: string, port: number): Promise<Server> {
  try {
    server.listen({ host, port, ipv6Only: host === ipv6Loopback })
    await once(server, 'listening')
    return server
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw elpisError('port_in_use', { host, port, other: port < 65_535 ? port + 1 : 4141 })
    throw elpisError('bind_failed', { host, port, reason: code === undefined ? message : describe(code) })
  }
}

function describe(code: string): string {
  switch (code) {
    case 'EACCES':
      return 'this needs rights that you do not have'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address'
    case 'ENOTFOUND':
      return 'this name has no address'
    default:
      return code
  }
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | null)?.port ?? 0
}
