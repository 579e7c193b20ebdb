import { defineConfig } from 'vitest/config'

const report = process.env['VITEST_REPORT']

export default defineConfig({
  test: {
    // A machine-readable copy for `.ci/run`.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['src/**/*.test.ts', 'web/src/**/*.test.ts'], testTimeout: 10_000 },
      },
      {
        extends: true,
        test: {
          name: 'product',
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Two cores: tests that run a real model take turns.
          fileParallelism: false,
        },
      },
    ],
  },
})
