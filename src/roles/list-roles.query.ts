import { SortField } from '../platform/http/fields.js';
import { ListQuery } from '../platform/http/list.query.js';

export const ROLE_SORT_FIELDS = ['id', 'name', 'createdAt'] as const;

export class ListRolesQuery extends ListQuery {
  @SortField(ROLE_SORT_FIELDS, 'RoleSort')
  declare sort?: string;
}
