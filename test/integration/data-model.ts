import { MESSAGE_TABLES } from '../architecture/message-tables.js';

/** What the data model promises of its tables. A table may have more columns, indexes and checks than these. */
export interface Table {
  /** Name, type, `not null`, default. */
  readonly columns: readonly string[];
  /** Keys, indexes and checks by name. */
  readonly rules: readonly string[];
}

const COMMON_COLUMNS = [
  'created_at timestamp with time zone not null default now()',
  'updated_at timestamp with time zone not null default now()',
  'created_by integer',
  'updated_by integer',
  'deleted_at timestamp with time zone',
];
const ID = 'id integer not null identity';

const key = (table: string) => `pk_${table} PRIMARY KEY (id)`;
const authors = (table: string) =>
  ['created_by', 'updated_by'].map(
    (column) => `fk_${table}_${column} FOREIGN KEY (${column}) REFERENCES "user"(id) ON DELETE SET NULL`,
  );

export const DATA_MODEL: Readonly<Record<string, Table>> = {
  privilege: {
    columns: [
      ID,
      'name character varying(64) not null',
      'description character varying(256)',
      ...COMMON_COLUMNS,
    ],
    rules: [
      key('privilege'),
      ...authors('privilege'),
      'ux_privilege_name UNIQUE (name) WHERE (deleted_at IS NULL)',
      'ix_privilege_created_at (created_at, id)',
    ],
  },
  role: {
    columns: [
      ID,
      'name character varying(64) not null',
      'name_key text not null',
      'description character varying(256)',
      'version integer not null default 1',
      ...COMMON_COLUMNS,
    ],
    rules: [
      key('role'),
      ...authors('role'),
      'ux_role_name UNIQUE (name_key) WHERE (deleted_at IS NULL)',
      'ix_role_created_at (created_at, id)',
    ],
  },
  role_privilege: {
    columns: [ID, 'role_id integer not null', 'privilege_id integer not null', ...COMMON_COLUMNS],
    rules: [
      key('role_privilege'),
      ...authors('role_privilege'),
      'fk_role_privilege_role FOREIGN KEY (role_id) REFERENCES role(id)',
      'fk_role_privilege_privilege FOREIGN KEY (privilege_id) REFERENCES privilege(id)',
      'ux_role_privilege UNIQUE (role_id, privilege_id) WHERE (deleted_at IS NULL)',
      'ix_role_privilege_privilege (privilege_id) WHERE (deleted_at IS NULL)',
    ],
  },
  user: {
    columns: [
      ID,
      'first_name character varying(64) not null',
      'last_name character varying(64)',
      'job_title character varying(128)',
      'gender user_gender',
      'dob date',
      'profile_image_url character varying(512)',
      'is_active boolean not null default true',
      'role_id integer not null',
      'auth_version integer not null default 1',
      `language character varying(8) not null default 'en'::character varying`,
      'purged_at timestamp with time zone',
      ...COMMON_COLUMNS,
    ],
    rules: [
      key('user'),
      ...authors('user'),
      'fk_user_role FOREIGN KEY (role_id) REFERENCES role(id)',
      `ck_user_dob CHECK ((dob <= (((now() AT TIME ZONE 'UTC'::text) + '14:00:00'::interval))::date))`,
      'ix_user_created_at (created_at, id) WHERE (deleted_at IS NULL)',
      'ix_user_active (is_active, id) WHERE (deleted_at IS NULL)',
      'ix_user_active_created_at (is_active, created_at, id) WHERE (deleted_at IS NULL)',
      'ix_user_role (role_id, id) WHERE (deleted_at IS NULL)',
      'ix_user_role_created_at (role_id, created_at, id) WHERE (deleted_at IS NULL)',
      'ix_user_deleted (id) WHERE ((deleted_at IS NOT NULL) AND (purged_at IS NULL))',
      'ix_user_deleted_created_at (created_at, id) WHERE ((deleted_at IS NOT NULL) AND (purged_at IS NULL))',
      'ix_user_to_purge (deleted_at) WHERE ((deleted_at IS NOT NULL) AND (purged_at IS NULL))',
    ],
  },
  user_identity: {
    columns: [
      ID,
      'user_id integer not null',
      'type identity_type not null',
      'value character varying(191) not null',
      'is_verified boolean default false',
      'is_primary boolean default false',
      'oauth_provider character varying(50)',
      'otp_code character varying(10)',
      'otp_generated_at timestamp with time zone',
      'wrong_otp_count integer not null default 0',
      'otp_locked_until timestamp with time zone',
      'otp_challenge uuid',
      'otp_purpose character varying(16)',
      'otp_failures integer not null default 0',
      ...COMMON_COLUMNS,
    ],
    rules: [
      key('user_identity'),
      'ux_user_identity_otp_challenge UNIQUE (otp_challenge) WHERE (otp_challenge IS NOT NULL)',
      ...authors('user_identity'),
      'fk_user_identity_user FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE',
      `ck_user_identity_provider CHECK (((type = 'oauth'::identity_type) = (oauth_provider IS NOT NULL)))`,
      'ux_user_identity_value UNIQUE (type, value, oauth_provider) NULLS NOT DISTINCT WHERE (deleted_at IS NULL)',
      'ux_user_identity_primary UNIQUE (user_id, type) WHERE (is_primary AND (deleted_at IS NULL))',
      'ix_user_identity_user (user_id)',
      'ix_user_identity_to_purge (deleted_at) WHERE (deleted_at IS NOT NULL)',
      'ix_user_identity_deleted_value (type, value) WHERE (deleted_at IS NOT NULL)',
    ],
  },
  user_auth: {
    columns: [
      ID,
      'user_id integer not null',
      'username character varying(100)',
      'password_hash character varying(256) not null',
      'credential_version integer not null default 1',
      'wrong_password_count integer not null default 0',
      'account_locked_until timestamp with time zone',
      'last_login_at timestamp with time zone',
      ...COMMON_COLUMNS,
    ],
    rules: [
      key('user_auth'),
      ...authors('user_auth'),
      'fk_user_auth_user FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE',
      'ux_user_auth_user UNIQUE (user_id) WHERE (deleted_at IS NULL)',
      'ux_user_auth_username UNIQUE (username) WHERE (deleted_at IS NULL)',
    ],
  },
  password_reset: {
    columns: [
      ID,
      'user_id integer not null',
      'token_hash bytea not null',
      'expires_at timestamp with time zone not null',
      'used_at timestamp with time zone',
      ...COMMON_COLUMNS,
    ],
    rules: [
      key('password_reset'),
      ...authors('password_reset'),
      'fk_password_reset_user FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE',
      'ux_password_reset_token UNIQUE (token_hash)',
      'ix_password_reset_user (user_id)',
    ],
  },
  audit_log: {
    columns: [
      'id bigint not null identity always',
      'at timestamp with time zone not null default clock_timestamp()',
      'actor_id integer',
      'action character varying(64) not null',
      'outcome character varying(16) not null',
      'ip inet',
      'user_agent character varying(256)',
      'request_id character varying(128)',
      'session_id character varying(64)',
    ],
    rules: [
      key('audit_log'),
      'ix_audit_log_subject (subject_type, subject_id, id)',
      'ix_audit_log_actor (actor_id, id)',
    ],
  },
  outbox: {
    columns: [
      'id bigint not null identity always',
      'event_id uuid not null default gen_random_uuid()',
      'type character varying(64) not null',
      'payload jsonb not null',
      'published_at timestamp with time zone',
      'is_job boolean not null default false',
      'broadcast_at timestamp with time zone',
    ],
    rules: [
      key('outbox'),
      'ux_outbox_event_id UNIQUE (event_id)',
      'ix_outbox_unpublished (id) WHERE (published_at IS NULL)',
    ],
  },
  inbox: {
    columns: [
      'consumer character varying(64) not null',
      'event_id uuid not null',
      'handled_at timestamp with time zone not null default now()',
    ],
    rules: ['pk_inbox PRIMARY KEY (consumer, event_id)', 'ix_inbox_handled_at (handled_at)'],
  },
  signing_key: {
    columns: [
      'kid character varying(64) not null',
      'state signing_key_state not null',
      'public_jwk jsonb not null',
      'sealed_private_key bytea not null',
      'state_changed_at timestamp with time zone not null default now()',
    ],
    rules: [
      'pk_signing_key PRIMARY KEY (kid)',
      `ux_signing_key_active UNIQUE (state) WHERE (state = 'active'::signing_key_state)`,
    ],
  },
  oauth_flow: {
    columns: [
      'state_hash bytea not null',
      'browser_hash bytea not null',
      'provider character varying(50) not null',
      'return_to text not null',
      'code_challenge character varying(43) not null',
      'expires_at timestamp with time zone not null',
      'used_at timestamp with time zone',
      'code_hash bytea',
      'account_sealed bytea',
    ],
    rules: [
      'pk_oauth_flow PRIMARY KEY (state_hash)',
      'ux_oauth_flow_code UNIQUE (code_hash)',
      'ix_oauth_flow_expires_at (expires_at)',
    ],
  },
  session: {
    columns: [
      'id bigint not null identity always',
      'user_id integer not null',
      'ip inet',
      'user_agent character varying(256)',
      'created_at timestamp with time zone not null default now()',
      'last_seen_at timestamp with time zone not null default now()',
      'idle_expires_at timestamp with time zone not null',
      'expires_at timestamp with time zone not null',
      'revoked_at timestamp with time zone',
      'revoke_reason character varying(32)',
      "amr text[] not null default '{}'::text[]",
      'identity_id integer',
      'auth_time timestamp with time zone',
      'client_id text',
    ],
    rules: [
      key('session'),
      'fk_session_user FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE',
      'ck_session_revoked CHECK (((revoked_at IS NULL) = (revoke_reason IS NULL)))',
      'ix_session_user (user_id, id) WHERE (revoked_at IS NULL)',
      'ix_session_idle_expires_at (idle_expires_at)',
    ],
  },
  refresh_token: {
    columns: [
      'id bigint not null identity always',
      'session_id bigint not null',
      'token_hash bytea not null',
      'parent_id bigint',
      'used_at timestamp with time zone',
      'successor_sealed bytea',
      'created_at timestamp with time zone not null default now()',
    ],
    rules: [
      key('refresh_token'),
      'fk_refresh_token_session FOREIGN KEY (session_id) REFERENCES session(id) ON DELETE CASCADE',
      'fk_refresh_token_parent FOREIGN KEY (parent_id) REFERENCES refresh_token(id) ON DELETE CASCADE',
      'ux_refresh_token_hash UNIQUE (token_hash)',
      'ux_refresh_token_parent UNIQUE (parent_id)',
      'ix_refresh_token_session (session_id)',
      'ix_refresh_token_sealed (used_at) WHERE (successor_sealed IS NOT NULL)',
    ],
  },
  webhook: {
    columns: [
      ID,
      'url character varying(2048) not null',
      'description character varying(256)',
      'event_types text[] not null',
      'is_active boolean not null default true',
      'disabled_reason character varying(16)',
      'sealed_secret bytea not null',
      'sealed_previous_secret bytea',
      'previous_secret_ends_at timestamp with time zone',
      ...COMMON_COLUMNS,
    ],
    rules: [key('webhook'), ...authors('webhook'), 'ix_webhook_created_at (created_at, id)'],
  },
  webhook_health: {
    columns: [
      'webhook_id integer not null',
      'failing_since timestamp with time zone',
      'consecutive_failures integer not null default 0',
      'consecutive_timeouts integer not null default 0',
      'resting_until timestamp with time zone',
    ],
    rules: [
      'pk_webhook_health PRIMARY KEY (webhook_id)',
      'fk_webhook_health_webhook FOREIGN KEY (webhook_id) REFERENCES webhook(id) ON DELETE CASCADE',
    ],
  },
  webhook_delivery: {
    columns: [
      'id bigint not null identity always',
      'webhook_id integer not null',
      'event_id uuid not null',
      'event_type character varying(64) not null',
      'event jsonb not null',
      `state webhook_delivery_state not null default 'pending'::webhook_delivery_state`,
      'attempts smallint not null default 0',
      'next_attempt_at timestamp with time zone default now()',
      'claim uuid',
      'claimed_until timestamp with time zone',
      'asked_until timestamp with time zone',
      'last_status smallint',
      'last_latency integer',
      'last_error character varying(32)',
      'created_at timestamp with time zone not null default now()',
      'finished_at timestamp with time zone',
    ],
    rules: [
      key('webhook_delivery'),
      'fk_webhook_delivery_webhook FOREIGN KEY (webhook_id) REFERENCES webhook(id) ON DELETE CASCADE',
      'ux_webhook_delivery_event UNIQUE (webhook_id, event_id)',
      'ix_webhook_delivery_webhook (webhook_id, id)',
      'ix_webhook_delivery_state (webhook_id, state, id)',
      `ix_webhook_delivery_due (webhook_id, next_attempt_at) WHERE (state = 'pending'::webhook_delivery_state)`,
      'ix_webhook_delivery_claimed (webhook_id) WHERE (claim IS NOT NULL)',
      'ix_webhook_delivery_asked (webhook_id) WHERE (asked_until IS NOT NULL)',
      'ix_webhook_delivery_finished_at (finished_at)',
    ],
  },
  installation: {
    columns: ['id uuid not null default gen_random_uuid()'],
    rules: ['pk_installation PRIMARY KEY (is_only)', 'ck_installation_is_only CHECK (is_only)'],
  },
  throttle: {
    columns: [
      'key bytea not null',
      'fails integer not null',
      'window_start timestamp with time zone not null',
      'locked_until timestamp with time zone',
    ],
    rules: ['pk_throttle PRIMARY KEY (key)', 'ix_throttle_window_start (window_start)'],
  },
  ...MESSAGE_TABLES,
  registration: {
    columns: [
      'id integer not null identity always',
      'first_name character varying(64) not null',
      'last_name character varying(64)',
      'language character varying(8) not null',
      'contact_type character varying(8) not null',
      'contact_value character varying(191) not null',
      'password_hash character varying(256) not null',
      'created_at timestamp with time zone not null default now()',
      'otp_code character varying(10)',
      'otp_challenge uuid not null',
      'otp_purpose character varying(16)',
      'otp_generated_at timestamp with time zone',
      'wrong_otp_count integer not null default 0',
      'otp_locked_until timestamp with time zone',
      'otp_failures integer not null default 0',
    ],
    rules: [
      key('registration'),
      'ux_registration_otp_challenge UNIQUE (otp_challenge)',
      'ix_registration_created_at (created_at)',
    ],
  },
  idempotency_key: {
    columns: [
      'user_id integer not null',
      'route character varying(128) not null',
      'key character varying(255) not null',
      'fingerprint bytea not null',
      `state idempotency_state not null default 'started'::idempotency_state`,
      'locked_until timestamp with time zone not null',
      'status smallint',
      'body text',
      'created_at timestamp with time zone not null default now()',
    ],
    rules: [
      'pk_idempotency_key PRIMARY KEY (user_id, route, key)',
      'ix_idempotency_key_created_at (created_at)',
    ],
  },
};

/** Values of the enumerated types, in their order. */
export const ENUMS: Readonly<Record<string, string>> = {
  idempotency_state: 'started committed done',
  identity_type: 'email mobile oauth',
  password_reset_purpose: 'invitation recovery',
  signing_key_state: 'pending active retiring gone',
  webhook_delivery_state: 'pending succeeded failed',
  user_gender: 'male female other prefer_not_to_say',
};
