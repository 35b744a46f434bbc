import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
  /** Whether the server closed the connection. */
  readonly closed: boolean;
}

/** Sends bytes as they are, and reads until the server closes or has been silent for `patience` milliseconds. */
export function sendRaw(base: string, data: string, patience = 300): Promise<RawAnswer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname);
    const done = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text, closed });
    };
    let timer = setTimeout(() => done(false), 5_000);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(() => done(false), patience);
    });
    socket.on('error', () => done(true));
    socket.on('end', () => done(true));
    socket.write(data, 'latin1');
  });
}
