import { declarePrivileges } from '../../access/privilege.js';

export const tokensPrivileges = declarePrivileges('tokens', {
  validate: 'Ask whether tokens are valid (for services)',
});
