export { BrowserTokenStore, type BrowserTokenStoreOptions } from './browser-token-store.js';
export {
  type AnyProblemCode,
  GatehouseError,
  isProblem,
  NetworkError,
  NotModifiedError,
  ProblemError,
  SignedOutError,
  TimeoutError,
  UnexpectedAnswerError,
} from './errors.js';
export { Gatehouse } from './gatehouse.js';
export type * from './generated/types.gen.js';
export type { GatehouseOptions } from './options.js';
export { type GetPage, itemsOf, type PageOf, pagesOf } from './pages.js';
export type { RetryPolicy } from './retry.js';
export type { Session as SignedInSession, SignedOutReason } from './session.js';
export { MemoryTokenStore, type Tokens, type TokenStore } from './token-store.js';
