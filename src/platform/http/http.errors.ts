import { defineError } from '../../common/app-error.js';

export class ValidationFailed extends defineError({
  code: 'validation_failed',
  status: 400,
  title: 'The request has invalid fields.',
}) {}

export class MalformedRequest extends defineError({
  code: 'malformed_request',
  status: 400,
  title: 'The request could not be read.',
}) {}

export class InvalidCursor extends defineError({
  code: 'invalid_cursor',
  status: 400,
  title: 'The cursor does not belong to this list. Start again without one.',
}) {}

export class CrossSiteRequest extends defineError({
  code: 'cross_site_request',
  status: 403,
  title: 'This form was sent from a page of another site.',
}) {}

export class RouteNotFound extends defineError({
  code: 'route_not_found',
  status: 404,
  title: 'There is nothing at this address.',
}) {}

export class MethodNotAllowed extends defineError({
  code: 'method_not_allowed',
  status: 405,
  title: 'This address does not take this method. Allow says which it takes.',
}) {}

/** RFC 9110 section 15.5.13. */
export class PreconditionFailed extends defineError({
  code: 'precondition_failed',
  status: 412,
  title: 'This has been changed since you read it. Read it again and repeat your change.',
}) {}

export class PayloadTooLarge extends defineError({
  code: 'payload_too_large',
  status: 413,
  title: 'The request body is too large.',
}) {}

export class UriTooLong extends defineError({
  code: 'uri_too_long',
  status: 414,
  title: 'The address is too long.',
}) {}

export class UnsupportedMediaType extends defineError({
  code: 'unsupported_media_type',
  status: 415,
  title: 'Send the body as application/json.',
}) {}

export class HeadersTooLarge extends defineError({
  code: 'headers_too_large',
  status: 431,
  title: 'The request headers are too large.',
}) {}

export class RequestTimeout extends defineError({
  code: 'request_timeout',
  status: 408,
  title: 'The request took too long to arrive.',
}) {}

export class HttpVersionNotSupported extends defineError({
  code: 'http_version_not_supported',
  status: 505,
  title: 'This version of HTTP is not spoken here.',
}) {}

export class InternalError extends defineError({
  code: 'internal_error',
  status: 500,
  title: 'Something went wrong on our side. Quote the requestId when you report it.',
}) {}

export class ServiceUnavailable extends defineError({
  code: 'service_unavailable',
  status: 503,
  title: 'The service cannot answer right now. Try again shortly.',
}) {}

export class ServerBusy extends defineError({
  code: 'server_busy',
  status: 503,
  title: 'Too many requests are being answered right now. Try again in a moment.',
}) {}
