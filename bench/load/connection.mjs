import { connect } from 'node:net';
import { readAnswer } from './answer.mjs';

/** One connection to a server, kept open: one request after the other, as fast as a socket takes and gives them. */
export class Connection {
  #rest = null;

  /** `onAnswer(status, body)` is called for each answer; `onFailure(reason)` when the connection is lost. */
  constructor(url, onAnswer, onFailure) {
    const { hostname, port } = new URL(url);
    this.onAnswer = onAnswer;
    this.onFailure = onFailure;
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.socket.on('data', (chunk) => this.#take(chunk));
    this.socket.on('error', (error) => onFailure(error.message));
    this.socket.on('close', () => onFailure('the server closed the connection'));
  }

  opened() {
    return new Promise((resolve) => {
      this.socket.once('connect', resolve);
    });
  }

  send(request) {
    this.socket.write(request);
  }

  close() {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
  }

  #take(chunk) {
    const data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    const answer = readAnswer(data);
    this.#rest = answer ? null : data;
    if (answer) this.onAnswer(answer.status, data.subarray(answer.start, answer.end));
  }
}
