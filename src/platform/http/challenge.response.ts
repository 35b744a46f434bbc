import { ApiProperty } from '@nestjs/swagger';

/** Answers every request for a one-time code, whether one was sent or not. */
export class ChallengeResponse {
  @ApiProperty({
    type: 'string',
    format: 'uuid',
    example: '5353f605-62c8-4953-a6ae-3cbd01586e19',
    description: 'To be sent back with the code.',
  })
  challengeId!: string;
}
