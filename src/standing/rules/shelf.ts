import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WatchedFolder } from '../../core/watched-folder.ts'
import { elpisError } from '../../errors.ts'
import { readRules, type Rule, type RuleSet } from './rule-set.ts'

/** The rules that are switched on. */
export interface RuleShelf {
  readonly all: readonly RuleSet[]
  readonly rules: readonly Rule[]
  /** Reads the folder again. A set that became invalid stays as it was, and `onTrouble` is told. */
  reload(): Promise<void>
  close(): void
}

/** Where no rules are. */
export const noRules: RuleShelf = { all: [], rules: [], reload: async () => {}, close: () => {} }

interface ShelfOptions {
  /** Told before a set holds, or is gone; when it throws, everything stays as it was. */
  readonly onChange?: (set: RuleSet, state: 'in-force' | 'gone') => Promise<void>
  readonly onTrouble?: (error: unknown) => void
}

/**
 * Every `NAME.toml` of a folder, read again when a file there changes. The folder may come later.
 *
 * @throws `rules_invalid`: nothing starts under rules that it cannot read
 */
export function openRuleShelf(folder: string, { onChange, onTrouble }: ShelfOptions = {}): RuleShelf {
  let sets: readonly RuleSet[] = readFolder(folder)
  let rules: readonly Rule[] = sets.flatMap((set) => set.rules)
  let closed = false
  const watched = new WatchedFolder(folder, { reload: readAgain, onTrouble })
  watched.observe()
  return {
    get all() {
      return sets
    },
    get rules() {
      return rules
    },
    reload: () => watched.reload(),
    close() {
      closed = true
      watched.close()
    },
  }

  async function readAgain(): Promise<void> {
    if (closed) return
    const next = readFolder(folder)
    const versions = new Set(sets.map(({ version }) => version))
    for (const set of next) if (!versions.has(set.version)) await onChange?.(set, 'in-force')
    const names = new Set(next.map((set) => set.name))
    for (const set of sets) if (!names.has(set.name)) await onChange?.(set, 'gone')
    sets = next
    rules = sets.flatMap((set) => set.rules)
  }
}

function readFolder(folder: string): RuleSet[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.toml'))
    .toSorted()
    .map((file) => {
      const path = join(folder, file)
      const set = readRules(readFileSync(path, 'utf8'), path)
      if (`${set.name}.toml` === file) return set
      throw elpisError('rules_invalid', { file: path, problem: `its name is "${set.name}"` })
    })
}
