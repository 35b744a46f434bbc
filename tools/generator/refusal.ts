/**
 * What is asked for cannot be done. The message says why, and what to do; nothing has been written. The process exits with
 * `exitCode`: 2 where the command line is wrong, 1 otherwise.
 */
export class Refusal extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
