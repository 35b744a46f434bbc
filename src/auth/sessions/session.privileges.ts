import { declarePrivileges } from '../../access/privilege.js';

export const sessionsPrivileges = declarePrivileges('sessions', {
  read: "See users' sessions",
  revoke: "End users' sessions",
});
