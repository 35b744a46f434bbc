import { ApiProperty } from '@nestjs/swagger';
import type { SessionView } from './sessions.repository.js';

export class SessionResponse {
  @ApiProperty({ type: 'integer', example: 1071 })
  id!: number;

  @ApiProperty({
    type: 'string',
    maxLength: 256,
    nullable: true,
    example: 'Mozilla/5.0 (X11; Linux x86_64)',
    description: 'The client, as it names itself.',
  })
  device!: string | null;

  @ApiProperty({
    type: 'string',
    maxLength: 45,
    nullable: true,
    example: '203.0.113.7',
    description: 'Where it signed in from.',
  })
  address!: string | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: 32 },
    maxItems: 10,
    example: ['pwd'],
    description:
      'How the user proved who they are (RFC 8176): `pwd` a password, `otp` a one-time code, `fed` an account at a provider. Empty for a session that is older than this record.',
  })
  amr!: readonly string[];

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    example: '2026-05-04T09:30:00.000Z',
    description: 'When they last did.',
  })
  authenticatedAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  createdAt!: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    example: '2026-05-04T10:15:00.000Z',
    description: 'Last sign-in or refresh.',
  })
  lastSeenAt!: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    example: '2026-05-11T10:15:00.000Z',
    description: 'Ends then unless it is refreshed.',
  })
  expiresAt!: string;

  @ApiProperty({ type: 'boolean', example: true, description: 'The one this request is made in.' })
  current!: boolean;

  static from(session: SessionView, currentId: string): SessionResponse {
    return {
      id: session.id,
      device: session.userAgent,
      address: session.ip,
      amr: session.amr,
      authenticatedAt: session.authenticatedAt.toISOString(),
      createdAt: session.createdAt.toISOString(),
      lastSeenAt: session.lastSeenAt.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
      current: String(session.id) === currentId,
    };
  }
}

export class SessionListResponse {
  @ApiProperty({ type: [SessionResponse], maxItems: 10_000 })
  items!: SessionResponse[];
}
