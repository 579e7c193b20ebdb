/** A real Chromium for tests: `CHROME_PATH` when it is set, else the one that npm brought along (Linux). */
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import bundled from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** @throws with one clear line when this machine has no browser that can be run. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await browserPath()
  try {
    return await chromium.launch({ executablePath, args: flags })
  } catch (cause) {
    throw new Error(`The browser ${executablePath} does not start here: set CHROME_PATH to one that does.`, {
      cause,
    })
  }
}

async function browserPath(): Promise<string> {
  const chosen = process.env['CHROME_PATH']
  if (chosen !== undefined && chosen !== '') return await runnable(chosen)
  if (process.platform !== 'linux')
    throw new Error('No browser to test with: set CHROME_PATH to Chrome or Chromium.')
  return await bundled.executablePath()
}

async function runnable(path: string): Promise<string> {
  try {
    await access(path, constants.X_OK)
    return path
  } catch (cause) {
    throw new Error(`CHROME_PATH is ${path}, which cannot be run.`, { cause })
  }
}
