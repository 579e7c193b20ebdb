import { styleText } from 'node:util'
import type { Config } from '../config.ts'
import { asElpisError } from '../errors.ts'
import { defineCommand } from './command.ts'
import { fail, ok, type Finding } from './doctor/finding.ts'

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check this machine, the settings and the models, and say what to do.',
  details: 'Exits with 1 when something must be mended before a server can run.',
  examples: ['elpis doctor', 'elpis doctor --json'],
  async run({ config, json, terminal }) {
    const findings = await examine(config)
    const broken = findings.some(({ state }) => state === 'fail')
    if (json) terminal.print(JSON.stringify({ ok: !broken, findings }))
    else for (const finding of findings) terminal.print(lineOf(finding))
    return broken ? 1 : 0
  },
})

async function examine(config: () => Config): Promise<Finding[]> {
  const machine = await import('./doctor/machine-checks.ts')
  const home = await import('./doctor/home-checks.ts')
  const { checkGpu } = await import('./doctor/gpu-devices.ts')
  let settings: Config
  try {
    settings = config()
  } catch (error) {
    const { message, hint } = asElpisError(error)
    // The rest depends on the settings.
    return [machine.checkNode(), fail('Settings', message, hint)]
  }
  return [
    machine.checkNode(),
    ok('Settings', settings.file),
    await machine.checkEngine(settings.engine.cpu_level),
    machine.checkLockdown(),
    ...(await checkGpu(settings)),
    await home.checkHome(settings),
    await home.checkDisk(settings),
    ...(await home.checkModels(settings)),
    await home.checkPort(settings),
    await machine.checkPip(),
  ]
}

const marks = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'FAIL'] } as const

function lineOf({ check, state, found, advice }: Finding): string {
  const [colour, mark] = marks[state]
  const head = `${styleText(colour, mark, { stream: process.stdout })}  ${check}: ${found}`
  return advice === null ? head : `${head}\n      ${advice}`
}
