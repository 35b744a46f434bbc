import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../config/secrets.config.js';
import { deriveKey } from '../security/secret-box.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Challenges of one-time codes, told to nobody but who asked for the code. Each is a UUID of version 8 (RFC 9562 5.8): 60
 * random bits and 62 of a MAC over them. Whether we issued one is then known without looking it up, and so without
 * telling whether anybody was sent a code.
 */
@Injectable()
export class Challenges {
  private readonly key: Buffer;

  constructor(secrets: Secrets) {
    this.key = deriveKey(secrets.APP_SECRET, 'challenge');
  }

  issue(): string {
    const random = randomBytes(8);
    random.writeUInt8((random.readUInt8(6) & 0x0f) | 0x80, 6);
    return uuidOf(Buffer.concat([random, this.macOf(random)]));
  }

  /** False for what somebody made up. Whether there still is a code for it, the database says. */
  isIssued(challenge: string): boolean {
    const text = challenge.toLowerCase();
    if (!UUID.test(text)) return false;
    const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
    return timingSafeEqual(bytes.subarray(8), this.macOf(bytes.subarray(0, 8)));
  }

  private macOf(random: Buffer): Buffer {
    const mac = createHmac('sha256', this.key).update(random).digest().subarray(0, 8);
    mac.writeUInt8((mac.readUInt8(0) & 0x3f) | 0x80, 0);
    return mac;
  }
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
