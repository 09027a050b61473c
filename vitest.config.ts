import { defineConfig } from 'vitest/config'

// What is waited for has deadlines of its own, with a message that says more than "timed out".
// On CI a failed test is repeated once: the closing lines name those that pass only then, and they are to be mended.
const shared = { testTimeout: 180_000, hookTimeout: 180_000, retry: process.env.CI === 'true' ? 1 : 0 }

export default defineConfig({
  test: {
    // Of the whole run: a set-up of a project would make a folder inside that of the other.
    globalSetup: ['./scripts/temporary-folder.ts'],
    reporters: ['default', './scripts/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          // The default leaves a core free, which is half of a machine with two.
          maxWorkers: '100%',
          include: [
            '{packages,services}/*/{src,test}/**/*.test.ts',
            'packages/domains/**/*.test.ts',
            'charts/test/*.test.ts',
            '{docker,scripts}/**/*.test.ts',
          ],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          testTimeout: 600_000,
          include: ['{packages,services}/*/{src,test}/**/*.integration.test.ts'],
          fileParallelism: false,
          globalSetup: ['./packages/testing/src/vitest-stack.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
