import { SortField } from '../platform/http/fields.js';
import { ListQuery } from '../platform/http/list.query.js';

export const PRIVILEGE_SORT_FIELDS = ['id', 'name', 'createdAt'] as const;

export class ListPrivilegesQuery extends ListQuery {
  @SortField(PRIVILEGE_SORT_FIELDS, 'PrivilegeSort')
  declare sort?: string;
}
