export const LIVE_SESSION = 1;
export const ENDED_SESSION = 2;

export const userKey = (id: number): string => `user:${id}`;
export const sessionKey = (id: number): string => `session:${id}`;
export const roleKey = (id: number): string => `role:${id}`;
