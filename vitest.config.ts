import { defineConfig } from 'vitest/config'

const shared = { testTimeout: 60_000, hookTimeout: 180_000 }

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['{packages,services}/*/{src,test}/**/*.test.ts', 'charts/test/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['{packages,services}/*/{src,test}/**/*.integration.test.ts'],
          fileParallelism: false,
          globalSetup: ['./packages/testing/src/vitest-stack.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
