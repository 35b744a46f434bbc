import DataLoader from 'dataloader';

/** What is asked for at once, at most. */
const MOST = 256;

/**
 * A question that is put for all who ask it in one turn of the event loop: under load, one statement or command then answers
 * many requests, and each of them costs a fraction of a round trip. Nothing is remembered, and who asks is answered by
 * what was read after they asked.
 *
 * @param ask answers as many questions as it is given, in their order
 */
export function gathered<Question, Answer>(
  ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  const loader = new DataLoader<Question, Answer>(ask, {
    cache: false,
    maxBatchSize: MOST,
    batchScheduleFn: (put) => setImmediate(put),
  });
  return (question) => loader.load(question);
}
