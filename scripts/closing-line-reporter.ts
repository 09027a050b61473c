import type { Reporter, TestModule } from 'vitest/node'

/** Prints one line that scripts can read after a run: `N passed, N failed, N skipped`; before it, tests that passed only when repeated. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    let broken = errors.length
    const unstable: string[] = []
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count[test.result().state]++
        if (test.diagnostic()?.flaky) unstable.push(`${module.relativeModuleId}: ${test.fullName}`)
      }
      if (module.errors().length > 0) broken++
    }
    for (const name of unstable) process.stdout.write(`\nUnstable, passed only when repeated: ${name}`)
    process.stdout.write(
      `\n${count.passed} passed, ${count.failed + count.pending + broken} failed, ${count.skipped} skipped\n`,
    )
  }
}
