import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../../src/common/page.js';
import { mapConstraintViolation } from '../../src/platform/database/constraint-violation.js';
import { keysetPage } from '../../src/platform/database/keyset-page.js';
import { insertReturning } from '../../src/platform/database/returning.js';
import type { Transaction } from '../../src/platform/database/transactions.js';
import { Project } from './project.entity.js';
import { ProjectNameTaken } from './project.errors.js';

export type ProjectSortField = 'id' | 'name';

const constraints = { ux_project_name: () => new ProjectNameTaken() };

@Injectable()
export class ProjectsRepository {
  constructor(@InjectRepository(Project) private readonly projects: Repository<Project>) {}

  list(request: PageRequest<ProjectSortField>): Promise<Page<Project>> {
    return keysetPage(this.projects.createQueryBuilder('row'), request);
  }

  /** @throws ProjectNameTaken */
  insert(tx: Transaction, name: string): Promise<Project> {
    return mapConstraintViolation(constraints, () => insertReturning(tx, Project, { name }));
  }
}
