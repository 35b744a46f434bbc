import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const HEADER = 12;
const TYPES = { 1: 'A', 28: 'AAAA' } as const;

/** Answers the addresses of a name; called once for each question. */
type Zone = (name: string, type: 'A' | 'AAAA') => readonly string[];

/** A name server on this machine (RFC 1035, as much of it as a question for addresses takes). */
export class DnsServer {
  /** What was asked, in order. */
  readonly questions: { name: string; type: string }[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly zone: Zone,
  ) {
    socket.on('message', (question, from) => this.answer(question, from));
  }

  static async start(zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new DnsServer(socket, zone);
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }

  private answer(question: Buffer, from: RemoteInfo): void {
    const { name, end } = readName(question);
    const type = TYPES[question.readUInt16BE(end) as keyof typeof TYPES];
    this.questions.push({ name, type });
    const addresses = this.zone(name, type).filter((one) => isIPv4(one) === (type === 'A'));
    const header = Buffer.from(question.subarray(0, HEADER));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    const records = addresses.map((address) => record(question.readUInt16BE(end), address));
    const packet = Buffer.concat([header, question.subarray(HEADER, end + 4), ...records]);
    this.socket.send(packet, from.port, from.address);
  }
}

function readName(question: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('ascii', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** One answer, not to be kept: a pointer to the name asked for, type, class IN, TTL 0, the address. */
function record(type: number, address: string): Buffer {
  const data = Buffer.from(ipaddr.parse(address).toByteArray());
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
