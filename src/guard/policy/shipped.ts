import { readFileSync } from 'node:fs'
import { readPolicy, type Policy } from './policy.ts'

/** The policies that come with Elpis, in the order of their strictness, then those of model licences. */
export const shippedNames = ['open', 'standard', 'strict', 'llama-use', 'gemma-use'] as const

const read = new Map<string, Policy>()

/** A policy that comes with Elpis; null when none has this name. Read once. */
export function shippedPolicy(name: string): Policy | null {
  if (!(shippedNames as readonly string[]).includes(name)) return null
  const before = read.get(name)
  if (before !== undefined) return before
  const file = new URL(`../../../policies/${name}.toml`, import.meta.url)
  const policy = readPolicy(readFileSync(file, 'utf8'), `${name}.toml`)
  read.set(name, policy)
  return policy
}
