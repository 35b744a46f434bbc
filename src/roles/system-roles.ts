/** Holds every live privilege by definition; its privileges cannot be changed. */
export const SUPER_ADMIN = 'SuperAdmin';

/** What people who make their own account get. */
export const REGISTERED = 'User';

/** The roles the seeds create. They can be neither renamed nor deleted. */
export const SYSTEM_ROLES: readonly string[] = [SUPER_ADMIN, 'Admin', 'Staff', REGISTERED];
