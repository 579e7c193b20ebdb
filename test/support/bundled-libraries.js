// Plain JavaScript, for every process and thread that tests start (`NODE_OPTIONS`): loads each of a few libraries of
// many small files as one file, which `bundle-libraries.ts` made of them. What is installed
// outside the checkout loads its own.
import { readFileSync } from 'node:fs'
import module from 'node:module'

/** @type {Map<string, string>} by how it is asked for */
const bundles = new Map(
  Object.entries(JSON.parse(readFileSync(new URL(import.meta.url).searchParams.get('map') ?? '', 'utf8'))),
)

const checkout = new URL('../..', import.meta.url).href

module.registerHooks?.({
  resolve(specifier, context, nextResolve) {
    const ours = context.parentURL?.startsWith(checkout) === true && context.conditions.includes('import')
    const url = ours ? bundles.get(specifier) : undefined
    return url === undefined ? nextResolve(specifier, context) : { url, format: 'module', shortCircuit: true }
  },
})
