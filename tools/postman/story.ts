/** One request of the story. What it does not say is as the document has it. */
export interface Step {
  /** Of the operation in openapi.json; none for the mailbox, which only development has. */
  readonly operation: string;
  /** Instead of the summary. */
  readonly name?: string;
  /** Values of path parameters, by name. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the example. `'#roleId'` becomes a number: the value of the variable. */
  readonly body?: unknown;
  /** Which access token is sent: the administrator's if it is not said. */
  readonly as?: 'adminToken' | 'userToken';
  /** What is answered, where that is not the documented success. */
  readonly status?: number;
  /** Variables that are filled from the answer: an expression over `body`, or a header in brackets. */
  readonly save?: Readonly<Record<string, string>>;
  /** More that is to be true: an expression over `body`, by what it says. */
  readonly expect?: Readonly<Record<string, string>>;
}

export interface Chapter {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** Reads the mailbox until it has a message to `to`. It is no operation: only development has it. */
export const MAILBOX = 'mailbox';

const ETAG = '[ETag]';
const message = (name: string, to: string, save: Readonly<Record<string, string>>): Step => ({
  operation: MAILBOX,
  name,
  query: { to },
  save,
});

const ADA = 'ada.{{run}}@example.com';
const GRACE = 'grace.{{run}}@example.com';
const PASSWORD = 'correct horse battery staple {{run}}';
const NEW_PASSWORD = 'paper lantern over water {{run}}';
const TOKEN = 'message.link.split("token=")[1]';
const user = { id: '{{userId}}' };
const role = { id: '{{roleId}}' };
const grant = { id: '{{roleId}}', privilegeId: '{{privilegeId}}' };

/** Run from top to bottom, against a service in development, as often as one likes: names differ from run to run. */
export const STORY: readonly Chapter[] = [
  {
    name: 'Sign in',
    steps: [
      {
        operation: 'login',
        body: { username: '{{adminUsername}}', password: '{{adminPassword}}' },
        save: { adminToken: 'body.access_token', refreshToken: 'body.refresh_token' },
      },
      { operation: 'getMe', name: 'Who am I', save: { adminId: 'body.id' } },
      { operation: 'listMyPrivileges', name: 'What may I do' },
      {
        operation: 'refresh',
        name: 'Go on with the refresh token',
        body: { refresh_token: '{{refreshToken}}' },
        save: { adminToken: 'body.access_token', refreshToken: 'body.refresh_token' },
      },
      { operation: 'listSessions', name: 'Where am I signed in' },
    ],
  },
  {
    name: 'Make a privilege and a role',
    steps: [
      {
        operation: 'createPrivilege',
        body: { name: 'reports.{{run}}', description: 'See the monthly reports' },
        save: { privilegeId: 'body.id' },
      },
      { operation: 'getPrivilege', path: { id: '{{privilegeId}}' }, save: { etag: ETAG } },
      {
        operation: 'updatePrivilege',
        path: { id: '{{privilegeId}}' },
        headers: { 'If-Match': '{{etag}}' },
        body: { description: 'See and print the monthly reports' },
      },
      {
        operation: 'updatePrivilege',
        name: 'Change what somebody else has changed meanwhile',
        path: { id: '{{privilegeId}}' },
        headers: { 'If-Match': '{{etag}}' },
        body: { description: 'This comes too late' },
        status: 412,
      },
      {
        operation: 'listPrivileges',
        query: { limit: '100' },
        save: { usersReadId: 'body.items.find(({ name }) => name === "users.read").id' },
      },
      {
        operation: 'createRole',
        headers: { 'Idempotency-Key': 'role-{{run}}' },
        body: { name: 'Reporter {{run}}', description: 'Reads reports' },
        save: { roleId: 'body.id' },
      },
      {
        operation: 'createRole',
        name: 'Send the same again: nothing is made twice',
        headers: { 'Idempotency-Key': 'role-{{run}}' },
        body: { name: 'Reporter {{run}}', description: 'Reads reports' },
        expect: { 'answers the same role': 'body.id === pm.collectionVariables.get("roleId")' },
      },
      { operation: 'getRole', path: role },
      { operation: 'updateRole', path: role, body: { description: 'Reads and prints reports' } },
      { operation: 'grantPrivilege', path: grant },
      { operation: 'listRolePrivileges', path: role },
      { operation: 'setRolePrivileges', path: role, body: { privilegeIds: ['#privilegeId'] } },
      { operation: 'listRoles', query: { limit: '100', total: 'true' } },
    ],
  },
  {
    name: 'Invite a user',
    steps: [
      {
        operation: 'createUser',
        body: { firstName: 'Ada', lastName: 'Lovelace', email: ADA, roleId: '#roleId' },
        save: { userId: 'body.id' },
      },
      message('Read the invitation', ADA, { token: TOKEN }),
      {
        operation: 'resetPassword',
        name: 'Set a password with it',
        body: { token: '{{token}}', newPassword: PASSWORD },
      },
      {
        operation: 'login',
        name: 'Sign in as the user',
        body: { username: ADA, password: PASSWORD },
        save: { userToken: 'body.access_token' },
      },
      {
        operation: 'listUsers',
        name: 'The user may not list users',
        as: 'userToken',
        status: 403,
      },
      {
        operation: 'grantPrivilege',
        name: 'Let the role list users',
        path: { id: '{{roleId}}', privilegeId: '{{usersReadId}}' },
      },
      {
        operation: 'listUsers',
        name: 'The same token is let in at once',
        as: 'userToken',
        query: { email: ADA },
        expect: { 'finds the user': 'body.items.length === 1' },
      },
      {
        operation: 'checkAccess',
        name: 'Ask what somebody may do',
        body: { checks: [{ userId: '#userId', privilege: 'reports.{{run}}' }] },
        expect: { 'the user may': 'body.results[0] === true' },
      },
      { operation: 'revokePrivilege', path: { id: '{{roleId}}', privilegeId: '{{usersReadId}}' } },
    ],
  },
  {
    name: 'Look after the user',
    steps: [
      { operation: 'getUser', path: user },
      { operation: 'updateUser', path: user, body: { jobTitle: 'Analyst' } },
      { operation: 'listUserPrivileges', path: user },
      { operation: 'listUserIdentities', path: user },
      {
        operation: 'addUserIdentity',
        path: user,
        body: { email: 'work.{{run}}@example.com' },
        save: { identityId: 'body.id' },
      },
      {
        operation: 'removeUserIdentity',
        path: { id: '{{userId}}', identityId: '{{identityId}}' },
      },
      { operation: 'listUserSessions', path: user },
      { operation: 'unlockUser', path: user },
      { operation: 'endUserSessions', path: user },
      {
        operation: 'getMe',
        name: 'The token of an ended session is refused',
        as: 'userToken',
        status: 401,
      },
    ],
  },
  {
    name: 'Be the user',
    steps: [
      {
        operation: 'requestSignInCode',
        body: { identifier: ADA },
        save: { challengeId: 'body.challengeId' },
      },
      message('Read the code', ADA, { code: 'message.code' }),
      {
        operation: 'loginWithCode',
        body: { challengeId: '{{challengeId}}', code: '{{code}}' },
        save: { userToken: 'body.access_token' },
      },
      { operation: 'updateMe', as: 'userToken', body: { language: 'de' } },
      {
        operation: 'addMyIdentity',
        as: 'userToken',
        body: { email: 'home.{{run}}@example.com' },
        save: { identityId: 'body.id' },
      },
      {
        operation: 'requestMyIdentityCode',
        as: 'userToken',
        path: { id: '{{identityId}}' },
        save: { challengeId: 'body.challengeId' },
      },
      message('Read the code for the new address', 'home.{{run}}@example.com', { code: 'message.code' }),
      {
        operation: 'verifyMyIdentity',
        as: 'userToken',
        path: { id: '{{identityId}}' },
        body: { challengeId: '{{challengeId}}', code: '{{code}}' },
      },
      { operation: 'makeMyIdentityPrimary', as: 'userToken', path: { id: '{{identityId}}' } },
      {
        operation: 'listMyIdentities',
        as: 'userToken',
        save: { firstIdentityId: 'body.items.find(({ isPrimary }) => !isPrimary).id' },
      },
      {
        operation: 'makeMyIdentityPrimary',
        name: 'Rather keep the first address',
        as: 'userToken',
        path: { id: '{{firstIdentityId}}' },
      },
      { operation: 'removeMyIdentity', as: 'userToken', path: { id: '{{identityId}}' } },
      {
        operation: 'changePassword',
        as: 'userToken',
        body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
      },
      { operation: 'logout', as: 'userToken' },
    ],
  },
  {
    name: 'Register, and forget the password',
    steps: [
      {
        operation: 'register',
        body: { firstName: 'Grace', email: GRACE, password: PASSWORD },
        save: { challengeId: 'body.challengeId' },
      },
      message('Read the code of the registration', GRACE, { code: 'message.code' }),
      { operation: 'verify', body: { challengeId: '{{challengeId}}', code: '{{code}}' } },
      { operation: 'forgotPassword', body: { identifier: GRACE } },
      message('Read the link', GRACE, { token: TOKEN }),
      { operation: 'resetPassword', body: { token: '{{token}}', newPassword: NEW_PASSWORD } },
      {
        operation: 'login',
        name: 'Sign in with the new password',
        body: { username: GRACE, password: NEW_PASSWORD },
        save: { userToken: 'body.access_token', userRefreshToken: 'body.refresh_token' },
      },
      {
        operation: 'validateToken',
        name: 'Another service asks whether the token is good',
        body: { token: '{{userToken}}' },
        expect: { 'it is': 'body.active === true' },
      },
      {
        operation: 'revokeToken',
        name: 'The user revokes it',
        as: 'userToken',
        body: { token: '{{userRefreshToken}}' },
      },
      {
        operation: 'validateToken',
        name: 'And is told that it no longer is',
        body: { token: '{{userToken}}' },
        expect: { 'it is not': 'body.active === false' },
      },
      { operation: 'getJwks' },
      { operation: 'getAuthorizationServerMetadata' },
    ],
  },
  {
    name: 'Tell another system',
    steps: [
      {
        operation: 'createWebhook',
        body: { url: '{{webhookUrl}}', eventTypes: ['user.*'] },
        save: { webhookId: 'body.id' },
      },
      { operation: 'getWebhook', path: { id: '{{webhookId}}' } },
      { operation: 'updateWebhook', path: { id: '{{webhookId}}' }, body: { description: 'The CRM' } },
      { operation: 'rotateWebhookSecret', path: { id: '{{webhookId}}' } },
      { operation: 'listWebhooks' },
      { operation: 'listWebhookDeliveries', path: { id: '{{webhookId}}' } },
      { operation: 'deleteWebhook', path: { id: '{{webhookId}}' } },
    ],
  },
  {
    name: 'Clean up',
    steps: [
      { operation: 'deleteUser', path: user },
      { operation: 'restoreUser', name: 'Restore the user: it was a mistake', path: user },
      { operation: 'deleteUser', name: 'Delete the user, this time for good', path: user },
      {
        operation: 'listUsers',
        name: 'Find the other user',
        query: { email: GRACE },
        save: { userId: 'body.items[0].id' },
      },
      { operation: 'deleteUser', name: 'Delete the other user', path: user },
      { operation: 'deleteRole', path: role },
      { operation: 'deletePrivilege', path: { id: '{{privilegeId}}' } },
      { operation: 'logout', name: 'Sign out' },
      { operation: 'getMe', name: 'The token is good for nothing now', status: 401 },
    ],
  },
];
