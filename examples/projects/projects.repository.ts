import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import type { Page, PageRequest } from '../../src/common/page.js';
import { mapConstraintViolation } from '../../src/platform/database/constraint-violation.js';
import { keysetPage } from '../../src/platform/database/keyset-page.js';
import { insertReturning, updateReturning } from '../../src/platform/database/returning.js';
import type { Transaction } from '../../src/platform/database/transactions.js';
import { Project } from './project.entity.js';
import { ProjectNameTaken } from './project.errors.js';

export type ProjectSortField = 'id' | 'createdAt' | 'name';
export type ProjectFields = Pick<Project, 'name'>;

const constraints = {
  ux_project_name: () => new ProjectNameTaken(),
};

@Injectable()
export class ProjectsRepository {
  constructor(@InjectRepository(Project) private readonly projects: Repository<Project>) {}

  list(request: PageRequest<ProjectSortField>): Promise<Page<Project>> {
    return keysetPage(this.projects.createQueryBuilder('row'), request);
  }

  find(id: number): Promise<Project | null> {
    return this.projects.findOneBy({ id });
  }

  /** Holds off every other change of the row until the transaction ends. */
  findForChange(tx: Transaction, id: number): Promise<Project | null> {
    return tx.repository(Project).findOne({ where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** @throws ProjectNameTaken */
  insert(tx: Transaction, fields: ProjectFields): Promise<Project> {
    return mapConstraintViolation(constraints, () => insertReturning(tx, Project, fields));
  }

  /** @throws ProjectNameTaken */
  update(tx: Transaction, id: number, fields: Partial<ProjectFields>): Promise<Project> {
    return mapConstraintViolation(constraints, () => updateReturning(tx, Project, id, fields));
  }

  async softDelete(tx: Transaction, id: number): Promise<void> {
    await tx.repository(Project).softDelete({ id, deletedAt: IsNull() });
  }
}
