import { defineConfig } from 'vitest/config'

// What is waited for has deadlines of its own, with a message that says more than "timed out".
const shared = { testTimeout: 180_000, hookTimeout: 180_000 }

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: [
            '{packages,services}/*/{src,test}/**/*.test.ts',
            'packages/domains/**/*.test.ts',
            'charts/test/*.test.ts',
            '{docker,scripts}/**/*.test.ts',
          ],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          globalSetup: ['./scripts/temporary-folder.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          testTimeout: 600_000,
          include: ['{packages,services}/*/{src,test}/**/*.integration.test.ts'],
          fileParallelism: false,
          globalSetup: ['./scripts/temporary-folder.ts', './packages/testing/src/vitest-stack.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
