import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const report = process.env['VITEST_REPORT']

// What Node compiled once, it need not compile again: in these processes, their threads and all that they start.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('node_modules/.cache/elpis-tests-compile', import.meta.url),
)

const native = 'src/engine/child/binding.test.ts'

/** Files that start no model and no browser and measure no time: they wait more than they compute, and two fit two cores. */
const together = [
  'acceptances',
  'admin-api',
  'api-{anthropic,batches,edge,ollama,prompt-lists,responses,tools,web}',
  'audit{,-acts,-acts-kill,-cli,-content,-counts,-kill,-transparency}',
  'backup',
  'browser-log',
  'chat-page-colours',
  'cli',
  'deploy',
  'egress-counts',
  'gguf-hostile',
  'guard-{doors,moderation}',
  'incidents',
  'insight',
  'invitations-cli',
  'kept-batches',
  'keys',
  'narrow-keys',
  'organisations{,-cli}',
  'parameters',
  'prometheus',
  'pull-processes',
  'quotas',
  'server',
  'standing-{appeals,evasion,ladder,people,sweep,webhooks}',
  'storage-upgrade',
  'talk',
  'telemetry',
  'tool-doors',
  'two-people',
  'upstream-{misbehaving,routing}',
  'usage',
].map((name) => `test/${name}.test.ts`)

/**
 * Files that start a model or a browser and measure no time, and memory only of processes of their own: two at once, each
 * on its half of the processors, where a model computes with one thread of two.
 */
const halves = [
  'adapters{,-cli}',
  'admin-routes',
  'answer-replay',
  'api-{kept-real,real,vectors}',
  'broken-models',
  'chat-page-real',
  'clients',
  'console{,-standing,-watching}',
  'disk-full',
  'draft-model',
  'egress',
  'embedding{,-kinds}',
  'families',
  'faults',
  'guard-{matrix,models,probe}',
  'installation',
  'kept-prefixes',
  'metrics',
  'prefix-cache',
  'residency',
  'soak',
  'standing-{commands,rules,signals}',
  'structured-output',
  'thoughts',
  'tool-prompts',
  'tools',
  'transparency-page',
  'upstream-real',
].map((name) => `test/${name}.test.ts`)

/** Of the files above those that take longest, in this order. */
const longest = ['soak', 'prefix-cache', 'faults'].map((name) => `/test/${name}.test.ts`)

/**
 * Vitest begins with what took longest the last time, or is the largest file where it knows of no last time: a short
 * file may run two minutes, and began last it would run alone.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    const place = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((end) => moduleId.endsWith(end))
      return found < 0 ? longest.length : found
    }
    const sorted = await super.sort(files)
    return sorted.toSorted((left, right) => order(left) - order(right) || place(left) - place(right))
  }
}

const product = {
  globalSetup: ['test/support/bundle-libraries.ts', 'test/support/prepared-home.ts'],
  testTimeout: 120_000,
  hookTimeout: 180_000,
}

export default defineConfig({
  test: {
    // A machine-readable copy for `.ci/run`.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'web/src/**/*.test.ts'],
          exclude: [native],
          testTimeout: 60_000,
          // A process a core, not one a file: loading the same modules anew took two thirds of the time.
          isolate: false,
        },
      },
      {
        extends: true,
        // Sets what native libraries take only before the first of them.
        test: { name: 'unit-native', include: [native], testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          ...product,
          name: 'product-together',
          include: together,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...product,
          name: 'product-halves',
          include: halves,
          setupFiles: ['test/support/own-processors.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...product,
          name: 'product',
          include: ['test/**/*.test.ts'],
          exclude: [...together, ...halves],
          // Those that measure take turns, and so do those that show what a model does with all processors.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
