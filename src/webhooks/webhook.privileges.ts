import { declarePrivileges } from '../access/privilege.js';

export const webhooksPrivileges = declarePrivileges('webhooks', {
  manage: 'See and change webhooks, which receive every event they ask for',
});
