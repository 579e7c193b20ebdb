import type { Command, CommandGroup } from './command.ts'

/** A command that is read only when it is asked for: the others' libraries cost half a second. */
export interface CommandEntry {
  readonly name: string
  load(): Promise<Command | CommandGroup>
}

/** All commands in the order of the help. */
export const commands: readonly CommandEntry[] = [
  { name: 'serve', load: async () => (await import('./serve.ts')).serve },
  { name: 'run', load: async () => (await import('./run.ts')).run },
  { name: 'pull', load: async () => (await import('./pull.ts')).pull },
  { name: 'models', load: async () => (await import('./models.ts')).models },
  { name: 'inspect', load: async () => (await import('./inspect.ts')).inspect },
  { name: 'rm', load: async () => (await import('./rm.ts')).rm },
  { name: 'verify', load: async () => (await import('./verify.ts')).verify },
  { name: 'adapters', load: async () => (await import('./adapters.ts')).adapters },
  { name: 'gpu', load: async () => (await import('./gpu.ts')).gpu },
  { name: 'audit', load: async () => (await import('./audit/group.ts')).audit },
  { name: 'answer', load: async () => (await import('./answer.ts')).answer },
  { name: 'orgs', load: async () => (await import('./orgs.ts')).orgs },
  { name: 'people', load: async () => (await import('./people.ts')).people },
  { name: 'quotas', load: async () => (await import('./quotas.ts')).quotas },
  { name: 'licences', load: async () => (await import('./licences.ts')).licences },
  { name: 'keys', load: async () => (await import('./keys.ts')).keys },
  { name: 'bans', load: async () => (await import('./bans.ts')).bans },
  { name: 'top', load: async () => (await import('./top.ts')).top },
  { name: 'insight', load: async () => (await import('./insight.ts')).insight },
  { name: 'incident', load: async () => (await import('./incident.ts')).incident },
  { name: 'usage', load: async () => (await import('./usage.ts')).usage },
  { name: 'guard', load: async () => (await import('./guard.ts')).guard },
  { name: 'standing', load: async () => (await import('./standing.ts')).standing },
  { name: 'appeals', load: async () => (await import('./appeals.ts')).appeals },
  { name: 'review', load: async () => (await import('./review.ts')).review },
  { name: 'cases', load: async () => (await import('./cases.ts')).cases },
  { name: 'shutdown', load: async () => (await import('./shutdown.ts')).shutdown },
  { name: 'backup', load: async () => (await import('./backup.ts')).backup },
  { name: 'restore', load: async () => (await import('./restore.ts')).restore },
  { name: 'doctor', load: async () => (await import('./doctor.ts')).doctor },
  { name: 'config', load: async () => (await import('./config.ts')).config },
]

/** Every command, read. */
export function allCommands(): Promise<(Command | CommandGroup)[]> {
  return Promise.all(commands.map((entry) => entry.load()))
}
