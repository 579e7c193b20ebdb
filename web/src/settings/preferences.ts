import { useSyncExternalStore } from 'react'
import { z } from '../schema.ts'

/** What this browser remembers about how the page is liked. Each is kept under a name of its own. */
const preferences = {
  theme: { name: 'elpis.theme', schema: z.enum(['system', 'light', 'dark']), otherwise: 'system' },
  sidebar: { name: 'elpis.sidebar', schema: z.enum(['open', 'closed']), otherwise: 'open' },
} as const

type Preferences = { [Name in keyof typeof preferences]: z.infer<(typeof preferences)[Name]['schema']> }

const changed = new EventTarget()
/** Where the browser keeps nothing, they hold until the page is closed. */
const unkept = new Map<string, string>()

function read<Name extends keyof Preferences>(name: Name): Preferences[Name] {
  const row = preferences[name]
  let stored = unkept.get(row.name)
  try {
    stored ??= localStorage.getItem(row.name) ?? undefined
  } catch {
    // Not allowed: the default.
  }
  const parsed = z.safeParse(row.schema, stored)
  return (parsed.success ? parsed.data : row.otherwise) as Preferences[Name]
}

function write<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  const { name: key } = preferences[name]
  try {
    localStorage.setItem(key, value)
  } catch {
    unkept.set(key, value)
  }
  changed.dispatchEvent(new Event('change'))
}

/** A preference and the way to change it. */
export function usePreference<Name extends keyof Preferences>(
  name: Name,
): [value: Preferences[Name], change: (value: Preferences[Name]) => void] {
  const value = useSyncExternalStore(subscribe, () => read(name))
  return [value, (next) => write(name, next)]
}

/** Sets the theme on the page; `index.html` did so before the first paint. */
export function applyTheme(theme: Preferences['theme']): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset['theme']
  else dataset['theme'] = theme
}

function subscribe(listener: () => void): () => void {
  changed.addEventListener('change', listener)
  // Other tabs.
  globalThis.addEventListener('storage', listener)
  return () => {
    changed.removeEventListener('change', listener)
    globalThis.removeEventListener('storage', listener)
  }
}
