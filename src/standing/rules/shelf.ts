import { existsSync, readdirSync, readFileSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
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
 * Every `NAME.toml` of a folder, read again when a file there changes. The folder may come later: `reload` finds it.
 *
 * @throws `rules_invalid`: nothing starts under rules that it cannot read
 */
export function openRuleShelf(folder: string, { onChange, onTrouble }: ShelfOptions = {}): RuleShelf {
  let sets: readonly RuleSet[] = readFolder(folder)
  let rules: readonly Rule[] = sets.flatMap((set) => set.rules)
  let reloading: Promise<void> = Promise.resolve()
  let watcher: FSWatcher | null = null
  let soon: NodeJS.Timeout | null = null
  let closed = false

  const shelf: RuleShelf = {
    get all() {
      return sets
    },
    get rules() {
      return rules
    },
    reload() {
      // One after the other: the last one sees the newest.
      reloading = reloading.then(readAgain).catch((error: unknown) => onTrouble?.(error))
      return reloading
    },
    close() {
      closed = true
      watcher?.close()
      if (soon !== null) clearTimeout(soon)
    },
  }
  observe()
  return shelf

  async function readAgain(): Promise<void> {
    if (closed) return
    observe()
    const next = readFolder(folder)
    const versions = new Set(sets.map(({ version }) => version))
    for (const set of next) if (!versions.has(set.version)) await onChange?.(set, 'in-force')
    const names = new Set(next.map((set) => set.name))
    for (const set of sets) if (!names.has(set.name)) await onChange?.(set, 'gone')
    sets = next
    rules = sets.flatMap((set) => set.rules)
  }

  function observe(): void {
    if (watcher !== null || !existsSync(folder)) return
    watcher = watch(folder, { persistent: false }, () => {
      // Editors write a file in several steps.
      soon ??= setTimeout(() => {
        soon = null
        void shelf.reload()
      }, 50)
      soon.unref()
    })
    watcher.on('error', (error) => onTrouble?.(error))
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
