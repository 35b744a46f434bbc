import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { PagePosition } from '../../common/page.js';
import { Secrets } from '../config/secrets.config.js';
import { deriveKey } from '../security/secret-box.js';
import { InvalidCursor } from './http.errors.js';

const MAC_LENGTH = 16;

/** Cursors: base64url of a 128-bit HMAC-SHA-256 over scope and position, followed by the position as JSON. */
@Injectable()
export class CursorCodec {
  private readonly key: Buffer;

  constructor(secrets: Secrets) {
    this.key = deriveKey(secrets.APP_SECRET, 'cursor');
  }

  encode(position: PagePosition, scope: string): string {
    const body = Buffer.from(JSON.stringify([position.value, position.id]));
    return Buffer.concat([this.mac(body, scope), body]).toString('base64url');
  }

  /** @throws InvalidCursor when the cursor was altered or belongs to another order or filter. */
  decode(cursor: string, scope: string): PagePosition {
    const bytes = Buffer.from(cursor, 'base64url');
    const body = bytes.subarray(MAC_LENGTH);
    const isOurs =
      bytes.length > MAC_LENGTH && timingSafeEqual(bytes.subarray(0, MAC_LENGTH), this.mac(body, scope));
    // One spelling per cursor: lenient base64 would accept others of the same bytes.
    if (!isOurs || bytes.toString('base64url') !== cursor) throw new InvalidCursor();
    const [value, id] = JSON.parse(body.toString()) as [string | number, number];
    return { value, id };
  }

  private mac(body: Buffer, scope: string): Buffer {
    return createHmac('sha256', this.key)
      .update(scope)
      .update('\0')
      .update(body)
      .digest()
      .subarray(0, MAC_LENGTH);
  }
}
