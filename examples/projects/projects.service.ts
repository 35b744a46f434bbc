import { Injectable } from '@nestjs/common';
import type { Actor } from '../../src/access/actor.js';
import type { Page, PageRequest } from '../../src/common/page.js';
import { Transactions } from '../../src/platform/database/transactions.js';
import { ChangeLog } from '../../src/platform/events/change-log.js';
import type { Project } from './project.entity.js';
import { projectCreated } from './project.events.js';
import { ProjectsRepository, type ProjectSortField } from './projects.repository.js';

@Injectable()
export class ProjectsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly projects: ProjectsRepository,
    private readonly changes: ChangeLog,
  ) {}

  list(request: PageRequest<ProjectSortField>): Promise<Page<Project>> {
    return this.projects.list(request);
  }

  /** The row, its audit entry and its event commit together. @throws ProjectNameTaken */
  create(name: string, actor: Actor): Promise<Project> {
    return this.transactions.run(actor, async (tx) => {
      const project = await this.projects.insert(tx, name);
      await this.changes.record(tx, actor, projectCreated(project), { name });
      return project;
    });
  }
}
