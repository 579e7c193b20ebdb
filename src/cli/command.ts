/** What a command is: a value. `cli.ts` parses, prints help and turns errors into exit codes for all of them. */
import type { Config } from '../config.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  /** One letter, for `-x`. */
  readonly short?: string
  readonly description: string
  /** How the value is called in the help, such as `NAME`. */
  readonly value?: string
  readonly multiple?: boolean
  /** The setting (`section.name`) that this flag overrides. */
  readonly setting?: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

type ValueOf<Spec extends OptionSpec> = Spec['type'] extends 'boolean'
  ? boolean
  : Spec extends { readonly multiple: true }
    ? readonly string[]
    : string

/** What a command may touch besides its parameters. */
export interface Terminal {
  /** Results, to standard output. */
  print(text: string): void
  /** Progress and remarks, to standard error: never part of a result. */
  note(text: string): void
  /** Standard output is a terminal that a person looks at. */
  readonly interactive: boolean
  /** Columns of the terminal; 80 when unknown. */
  readonly columns: number
  /** Asks on the terminal and returns the line typed; null when nobody can answer. */
  ask(question: string): Promise<string | null>
}

export interface Invocation<Specs extends OptionSpecs> {
  readonly options: { readonly [Name in keyof Specs]?: ValueOf<Specs[Name]> }
  readonly positionals: readonly string[]
  /** `--json`: print one JSON document, nothing else. */
  readonly json: boolean
  readonly terminal: Terminal
  /** Settings with this command's flags applied; read once, on the first call. */
  readonly config: () => Config
  /** Aborted on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  /** Aborted when it is interrupted again; a command that does not ask for this is ended then. */
  readonly hurry: () => AbortSignal
}

export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Positional arguments in the usage line, such as `NAME…`. */
  readonly usage?: string
  /** Anything more that the help should say. */
  readonly details?: string
  readonly examples: readonly string[]
  readonly options?: Specs
  /** How many positional arguments are right. */
  readonly positionals?: readonly [least: number, most: number]
  /** Returns the exit code; nothing means 0. */
  run(invocation: Invocation<Specs>): Promise<number | void>
}

/** A command that only leads to others, such as `keys`. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly commands: readonly Command[]
  /** What is done when no command follows; its help when left out. */
  readonly usual?: string
}

/** Keeps the types of the options for `run`; forgets them for the table of commands. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command {
  return command as unknown as Command
}
