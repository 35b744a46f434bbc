/** Repeats a removal in batches until one is not full. Answers how many were removed. */
export async function untilDone(batch: number, remove: (batch: number) => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const removed = await remove(batch);
    total += removed;
    if (removed < batch) return total;
  }
}
