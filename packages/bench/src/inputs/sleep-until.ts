/** Waits for a moment of performance.now(), to a millisecond: waiting more exactly would take a core from what is measured. */
export async function sleepUntil(dueMs: number): Promise<void> {
  for (let leftMs = dueMs - performance.now(); leftMs > 0; leftMs = dueMs - performance.now())
    await new Promise(resolve => setTimeout(resolve, leftMs))
}
