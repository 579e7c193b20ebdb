import type { Config } from '../config.ts'
import { elpisError } from '../errors.ts'
import type { Monitor } from '../monitoring/monitor.ts'
import { Telemetry } from '../monitoring/telemetry/telemetry.ts'

/**
 * Telemetry where an endpoint is set; null where none is.
 *
 * @throws `config_invalid` when the variable that shall hold its headers does not
 */
export function openTelemetry(
  { telemetry: settings }: Pick<Config, 'telemetry'>,
  { registry, requests }: Pick<Monitor, 'registry' | 'requests'>,
  version: string,
  now: () => number,
): Telemetry | null {
  if (settings.endpoint === '') return null
  const telemetry = new Telemetry({
    endpoint: settings.endpoint,
    headers: headersOf(settings.headers_env),
    service: settings.service,
    version,
    everyMilliseconds: settings.seconds * 1000,
    registry,
    now,
  })
  requests.listen(telemetry)
  return telemetry
}

function headersOf(variable: string): Record<string, string> {
  if (variable === '') return {}
  const text = process.env[variable]
  const pairs = (text ?? '').split(',').map((pair) => /^\s*([\w-]+)\s*=\s*([\x20-\x7e]+)$/.exec(pair))
  if (text === undefined || pairs.some((pair) => pair === null)) {
    throw elpisError('config_invalid', {
      where: 'telemetry.headers_env',
      problem: `the variable ${variable} ${text === undefined ? 'is not set' : 'does not hold name=value,name=value'}`,
      suggestion: 'Set it where the server is started.',
    })
  }
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']))
}
