import { Injectable } from '@nestjs/common';
import type { Actor } from '../../src/access/actor.js';
import type { Page, PageRequest } from '../../src/common/page.js';
import { type Transaction, Transactions } from '../../src/platform/database/transactions.js';
import { ChangeLog } from '../../src/platform/events/change-log.js';
import { asItIs, type SeenCheck } from '../../src/platform/http/etag.js';
import type { Project } from './project.entity.js';
import { ProjectNotFound } from './project.errors.js';
import { projectCreated, projectDeleted, projectUpdated } from './project.events.js';
import { type ProjectFields, type ProjectSortField, ProjectsRepository } from './projects.repository.js';

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

  /** @throws ProjectNotFound */
  async get(id: number): Promise<Project> {
    const project = await this.projects.find(id);
    if (!project) throw new ProjectNotFound();
    return project;
  }

  /** The row, its audit entry and its event commit together. @throws ProjectNameTaken */
  create(fields: ProjectFields, actor: Actor): Promise<Project> {
    return this.transactions.run(actor, async (tx) => {
      const project = await this.projects.insert(tx, fields);
      await this.changes.record(tx, actor, projectCreated(project), { ...fields });
      return project;
    });
  }

  /** @throws ProjectNotFound, ProjectNameTaken, and what `assertSeen` throws */
  update(
    id: number,
    fields: Partial<ProjectFields>,
    actor: Actor,
    assertSeen: SeenCheck<Project> = asItIs,
  ): Promise<Project> {
    return this.transactions.run(actor, async (tx) => {
      const before = await this.getForChange(tx, id);
      await assertSeen(before, tx);
      if (Object.keys(fields).length === 0) return before;

      const project = await this.projects.update(tx, id, fields);
      await this.changes.record(tx, actor, projectUpdated(project), { ...fields });
      return project;
    });
  }

  /** @throws ProjectNotFound, and what `assertSeen` throws */
  delete(id: number, actor: Actor, assertSeen: SeenCheck<Project> = asItIs): Promise<void> {
    return this.transactions.run(actor, async (tx) => {
      const project = await this.getForChange(tx, id);
      await assertSeen(project, tx);
      await this.projects.softDelete(tx, id);
      await this.changes.record(tx, actor, projectDeleted(project));
    });
  }

  private async getForChange(tx: Transaction, id: number): Promise<Project> {
    const project = await this.projects.findForChange(tx, id);
    if (!project) throw new ProjectNotFound();
    return project;
  }
}
