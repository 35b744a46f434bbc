import { assertOneSide } from '../support/stored-data.js';

describe('what tests look at', () => {
  it.each([
    ['SELECT id FROM session WHERE user_id = $1'],
    ['SELECT u.id FROM "user" u JOIN user_identity i ON i.user_id = u.id'],
    ['SELECT type FROM outbox; SELECT id FROM session'],
  ])('is in one database: %s', (text) => {
    expect(() => assertOneSide(text)).not.toThrow();
  });

  it.each([
    ['SELECT u.id FROM "user" u JOIN user_auth a ON a.user_id = u.id'],
    ['WITH named AS (UPDATE user_auth SET username = $1) UPDATE user_identity SET is_verified = false'],
  ])('is refused where it is in two: %s', (text) => {
    expect(() => assertOneSide(text)).toThrow('looks into two databases');
  });
});
