/**
 * Global setup of the tests that start the product: makes one file of each library that consists of hundreds. A server
 * or a command loads them in its own process and in the threads that it starts, and finding so many files took half of
 * the processor time of a start. Done once for each version of them.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, version } from 'vite'

/** The file that is loaded when each is imported by its name. */
const libraries = { kysely: 'dist/index.js', zod: 'index.js', undici: 'index.js' }
type Library = keyof typeof libraries
const names = Object.keys(libraries) as Library[]
const cache = fileURLToPath(new URL('../../node_modules/.cache/elpis-tests-libraries', import.meta.url))
const require = createRequire(import.meta.url)
const hook = new URL('bundled-libraries.js', import.meta.url)

export async function setup(): Promise<void> {
  const options = process.env['NODE_OPTIONS'] ?? ''
  // Each project that names this file asks for it.
  if (options.includes(hook.pathname)) return
  const folder = join(cache, fingerprint())
  if (!existsSync(folder)) {
    const making = `${folder}-${randomUUID()}`
    mkdirSync(making, { recursive: true })
    try {
      for (const name of names) await bundle(name, making)
      const map = names.flatMap((name) => {
        const url = pathToFileURL(join(folder, `${name}.mjs`)).href
        return [name, fileOf(name).href].map((asked) => [asked, url])
      })
      writeFileSync(join(making, 'map.json'), JSON.stringify(Object.fromEntries(map)))
      renameSync(making, folder)
    } catch (error) {
      // Another run may have made them meanwhile.
      if (!existsSync(folder)) throw error
    } finally {
      rmSync(making, { recursive: true, force: true })
    }
  }
  hook.searchParams.set('map', join(folder, 'map.json'))
  process.env['NODE_OPTIONS'] = `${options} --import=${hook.href}`.trim()
}

function fileOf(name: Library): URL {
  return new URL(`../../node_modules/${name}/${libraries[name]}`, import.meta.url)
}

/** Of all that the bundles depend on. */
function fingerprint(): string {
  const files = names.map((name) =>
    readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'),
  )
  const self = readFileSync(fileURLToPath(import.meta.url), 'utf8')
  return createHash('sha256')
    .update([version, self, ...files].join('\n'))
    .digest('hex')
    .slice(0, 16)
}

async function bundle(name: Library, folder: string): Promise<void> {
  const entry = join(folder, `${name}.entry.js`)
  writeFileSync(entry, await entryOf(name))
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'esnext',
      rolldownOptions: { output: { entryFileNames: `${name}.mjs`, codeSplitting: false } },
    },
  })
}

/** An ES module that exports all that it does, by name: a bundle of CommonJS alone would have a default export only. */
async function entryOf(name: Library): Promise<string> {
  const path = fileURLToPath(fileOf(name))
  const exported = (await import(name)) as Record<string, unknown>
  const from = JSON.stringify(path)
  if (!(path in require.cache))
    return `export * from ${from}${'default' in exported ? `; export { default } from ${from}` : ''}`
  const named = Object.keys(exported).filter((key) => key !== 'default' && key !== 'module.exports')
  return `import all from ${from}; export default all; export const { ${named.join(', ')} } = all`
}
