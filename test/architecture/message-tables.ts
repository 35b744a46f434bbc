const CREATED = 'created_at timestamp with time zone not null default now()';
const ID = 'id integer not null identity always';

/** The tables that bound what is sent and guessed. */
export const MESSAGE_TABLES = {
  send_budget: {
    columns: [
      'key bytea not null',
      'destination bytea',
      'hour_start timestamp with time zone not null',
      'hour_count integer not null',
      'day_start timestamp with time zone not null',
      'day_count integer not null',
      'last_sent_at timestamp with time zone',
      'last_ref character varying(64) not null',
    ],
    rules: [
      'pk_send_budget PRIMARY KEY (key)',
      'ix_send_budget_day_start (day_start)',
      'ix_send_budget_destination (destination)',
    ],
  },
  sign_in_code: {
    columns: [
      ID,
      'identity_id integer not null',
      'asker bytea not null',
      'is_known boolean not null',
      CREATED,
      'otp_code character varying(10)',
      'otp_challenge uuid',
      'otp_purpose character varying(16)',
      'otp_generated_at timestamp with time zone',
      'wrong_otp_count integer not null default 0',
      'otp_locked_until timestamp with time zone',
      'otp_failures integer not null default 0',
    ],
    rules: [
      'pk_sign_in_code PRIMARY KEY (id)',
      'fk_sign_in_code_identity FOREIGN KEY (identity_id) REFERENCES user_identity(id) ON DELETE CASCADE',
      'ux_sign_in_code_asker UNIQUE (identity_id, asker)',
      'ux_sign_in_code_otp_challenge UNIQUE (otp_challenge)',
      'ix_sign_in_code_created_at (created_at)',
    ],
  },
  waiting_notice: {
    columns: [
      ID,
      'identity_id integer not null',
      'kind character varying(32) not null',
      'notice jsonb not null',
      'ref character varying(64) not null',
      'due_at timestamp with time zone not null',
      CREATED,
    ],
    rules: [
      'pk_waiting_notice PRIMARY KEY (id)',
      'fk_waiting_notice_identity FOREIGN KEY (identity_id) REFERENCES user_identity(id) ON DELETE CASCADE',
      'ux_waiting_notice_ref UNIQUE (identity_id, ref)',
      'ix_waiting_notice_due_at (due_at)',
    ],
  },
};
