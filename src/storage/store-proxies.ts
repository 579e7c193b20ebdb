import type { CallStore, Stores } from './stores.ts'

/**
 * `own` together with every store, whose methods become calls. Which stores there are is known to whoever answers the
 * calls: nobody else need load them.
 */
export function withStores<Own extends object>(own: Own, call: CallStore): Own & Stores {
  const proxies = new Map<string, object>()
  return new Proxy(own as Own & Stores, {
    get(_own, name) {
      if (name in own) return own[name as keyof Own]
      if (typeof name !== 'string' || name === 'then') return undefined
      const proxy = proxies.get(name) ?? storeProxy(name, call)
      proxies.set(name, proxy)
      return proxy
    },
  })
}

function storeProxy(store: string, call: CallStore): object {
  return new Proxy(
    {},
    {
      get: (_store, method) =>
        typeof method === 'string' && method !== 'then'
          ? (...parameters: unknown[]) => call(store, method, parameters)
          : undefined,
    },
  )
}
