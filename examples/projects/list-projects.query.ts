import { SortField } from '../../src/platform/http/fields.js';
import { ListQuery } from '../../src/platform/http/list.query.js';

export const PROJECT_SORT_FIELDS = ['id', 'createdAt', 'name'] as const;

export class ListProjectsQuery extends ListQuery {
  @SortField(PROJECT_SORT_FIELDS, 'ProjectSort')
  declare sort?: string;
}
