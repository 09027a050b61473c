import type { Reporter, TestModule } from 'vitest/node'

/** Prints one line that scripts can read after a run: `N passed, N failed, N skipped`. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    let broken = errors.length
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
      if (module.errors().length > 0) broken++
    }
    process.stdout.write(
      `\n${count.passed} passed, ${count.failed + count.pending + broken} failed, ${count.skipped} skipped\n`,
    )
  }
}
