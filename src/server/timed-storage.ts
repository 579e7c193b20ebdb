import type { Storage } from '../storage/storage.ts'

export interface StorageTiming {
  /** A call that was durable after so many seconds. */
  done(store: string, seconds: number): void
  failed(store: string): void
}

/** The same storage, whose calls are timed. */
export function timedStorage(storage: Storage, timing: () => StorageTiming | null): Storage {
  const stores = new Map<string, object>()
  return new Proxy(storage, {
    get(target, name) {
      if (typeof name !== 'string' || name === 'close' || name === 'watch' || name === 'then') {
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      }
      const known = stores.get(name)
      if (known !== undefined) return known
      const store = Reflect.get(target, name) as unknown
      if (typeof store !== 'object' || store === null) return store
      const timed = timedStore(name, store, timing)
      stores.set(name, timed)
      return timed
    },
  })
}

function timedStore(name: string, store: object, timing: () => StorageTiming | null): object {
  return new Proxy(store, {
    get(target, method) {
      const call = Reflect.get(target, method) as unknown
      if (typeof call !== 'function') return call
      return async (...parameters: unknown[]): Promise<unknown> => {
        const begun = performance.now()
        try {
          const value: unknown = await (call as (...given: unknown[]) => unknown)(...parameters)
          timing()?.done(name, (performance.now() - begun) / 1000)
          return value
        } catch (error) {
          timing()?.failed(name)
          throw error
        }
      }
    },
  })
}
