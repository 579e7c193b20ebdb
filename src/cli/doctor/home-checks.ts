/** Checks of the settings, the home, the port and the models that would be served. */
import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { connectControl } from '../../api/control/client.ts'
import { isLoopback } from '../../api/listen.ts'
import type { Config } from '../../config.ts'
import { asElpisError } from '../../errors.ts'
import { catalogueBytes, catalogueEntry, catalogueNames } from '../../weights/catalogue.ts'
import { checkWeights } from '../../weights/gguf/check.ts'
import { isModelName } from '../../weights/names.ts'
import { freeBytes } from '../../weights/pull/disk.ts'
import { draftOf } from '../../server/prepare-model.ts'
import { draftMemory, memoryBudget, servedMemory } from '../../server/model-memory.ts'
import { formatBytes } from '../../weights/quantity.ts'
import { parseReference } from '../../weights/reference.ts'
import { openStore, type WeightsStore } from '../../weights/store.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

/** Room that a disk should have for logs, the database and one small model. */
const spareBytes = 1_000_000_000

/** The home is ours alone: it holds hashes of keys, and whoever writes there owns the server. */
export async function checkHome({ home }: Config): Promise<Finding> {
  const found = await stat(home).catch(() => null)
  if (found === null) {
    const parent = await nearestFolder(home)
    const writable = await access(parent, constants.W_OK).then(
      () => true,
      () => false,
    )
    if (writable) return ok('Home', `${home} is made at the first start`)
    return fail('Home', `${home} cannot be made`, `Make ${parent} writable, or set ELPIS_HOME.`)
  }
  if (!found.isDirectory()) return fail('Home', `${home} is no folder`, 'Move it away, or set ELPIS_HOME.')
  if (
    !(await access(home, constants.W_OK).then(
      () => true,
      () => false,
    ))
  ) {
    return fail('Home', `${home} cannot be written`, 'Mend its permissions, or set ELPIS_HOME.')
  }
  if ((found.mode & 0o077) !== 0) {
    return warn('Home', `${home} is open to other users`, `Close it: chmod 700 ${home}`)
  }
  return ok('Home', home)
}

/** Whether there is room for models: a warning below `spareBytes`. */
export async function checkDisk({ modelsFolder }: Config): Promise<Finding> {
  const free = await freeBytes(await nearestFolder(modelsFolder))
  if (free >= spareBytes) return ok('Disk', `${formatBytes(free)} free for models`)
  return warn(
    'Disk',
    `only ${formatBytes(free)} free for models`,
    'Make room, or set ELPIS_MODELS to another disk.',
  )
}

/** The port can be had, or our own server has it. */
export async function checkPort({ home, server: { host, port } }: Config): Promise<Finding> {
  const running = await connectControl(home).catch(() => null)
  await running?.close()
  if (running !== null)
    return ok('Port', `a server runs on this home: ${running.status.address ?? 'starting'}`)
  const listener = createServer()
  try {
    listener.listen({ host, port })
    await once(listener, 'listening')
    const reach = isLoopback(host) ? 'this machine only' : 'the network; a key must exist'
    return ok('Port', `${port} on ${host} is free (${reach})`)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    return fail(
      'Port',
      `${port} on ${host} cannot be had (${reason})`,
      `Choose another: ELPIS_PORT=${port + 1}`,
    )
  } finally {
    listener.close()
  }
}

/** Each model of `models.serve`: here and whole, or known and with room for it. */
export async function checkModels(config: Config): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of config.models.serve) findings.push(await checkModel(name, config))
  return findings
}

async function checkModel(name: string, config: Config): Promise<Finding> {
  const check = `Model ${name}`
  const store = openStore(config.modelsFolder)
  try {
    const manifest = isModelName(name) ? await store.lookup(name) : null
    if (manifest === null) return toBePulled(check, name)
    const header = await checkWeights(await store.paths(name))
    const draft = draftOf(name, config.models.draft)
    const drafting = draft === null ? 0 : await draftBytes(draft, store, config)
    const total = servedMemory(header, config.engine).total + drafting
    const budget = memoryBudget(config.engine)
    const found = `here and whole; takes ${formatBytes(total)} of the ${formatBytes(budget)} of memory that models may take`
    if (total <= budget) return ok(check, found)
    return warn(
      check,
      found,
      'Serve a smaller model, lower engine.context or engine.sequences, or raise engine.memory.',
    )
  } catch (error) {
    const { message, hint } = asElpisError(error)
    return fail(check, message, hint)
  }
}

/** What the draft takes; nothing when it is still to be pulled. @throws what `checkWeights` throws */
async function draftBytes(name: string, store: WeightsStore, config: Config): Promise<number> {
  const manifest = isModelName(name) ? await store.lookup(name) : null
  if (manifest === null) return 0
  return draftMemory(await checkWeights(await store.paths(name)), config.engine).total
}

/** @throws `reference_invalid` when it is no model that could be pulled */
function toBePulled(check: string, name: string): Finding {
  parseReference(name, catalogueNames())
  const entry = catalogueEntry(name)
  const size = entry === null ? '' : ` (${formatBytes(catalogueBytes(entry))})`
  return warn(
    check,
    `not here yet${size}`,
    `\`elpis pull ${name}\` fetches it; \`elpis serve\` does so as well.`,
  )
}

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    if ((await stat(path).catch(() => null)) !== null || path === dirname(path)) return path
  }
}
