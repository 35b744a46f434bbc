import { defineError } from '../../common/app-error.js';

export class IdempotencyKeyInvalid extends defineError({
  code: 'idempotency_key_invalid',
  status: 400,
  title: 'Idempotency-Key must be 1 to 255 printable ASCII characters.',
}) {}

export class IdempotencyKeyInUse extends defineError({
  code: 'idempotency_key_in_use',
  status: 409,
  title: 'A request with this Idempotency-Key is still running. Ask again shortly.',
}) {
  constructor() {
    super(undefined, { headers: { 'Retry-After': '1' } });
  }
}

export class IdempotencyKeyReused extends defineError({
  code: 'idempotency_key_reused',
  status: 422,
  title: 'This Idempotency-Key was used for another request. Use a new one.',
}) {}

export class AlreadyDone extends defineError({
  code: 'already_done',
  status: 409,
  title: 'This request was carried out, but its answer was lost. Look up what it made.',
}) {}
