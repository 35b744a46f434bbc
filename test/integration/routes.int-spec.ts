import { Controller, Get, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ACCESS_RULE, type AccessRule } from '../../src/access/access-rule.js';
import { createApp } from '../../src/app.setup.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { describeApi } from '../../src/apps/api-description.js';
import { createOpenApiDocument } from '../../src/platform/http/openapi.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';

interface Route {
  /** `UsersController.list` */
  readonly name: string;
  readonly method: RequestMethod;
  readonly rule: AccessRule | undefined;
  readonly operation: { readonly operationId?: string; readonly summary?: string } | undefined;
  /** Left out of the API's description on purpose. */
  readonly isExcluded: boolean;
}

const OPERATION = 'swagger/apiOperation';
const EXCLUDED = 'swagger/apiExcludeController';

/** Routes that anybody may call. A new one is a decision: it is written down here too. */
const PUBLIC_ROUTES = [
  'DevelopmentMailboxController.list',
  'HealthController.live',
  'HealthController.overall',
  'HealthController.ready',
  'HealthController.startup',
  'IntrospectionController.revoke',
  'LoginController.login',
  'OAuthController.exchange',
  'OAuthController.finish',
  'OAuthController.listProviders',
  'OAuthController.showResult',
  'OAuthController.start',
  'OAuthFormCallbackController.handOn',
  'OtpSignInController.login',
  'OtpSignInController.request',
  'PasswordsController.reset',
  'RecoveryController.forgot',
  'RecoveryPagesController.acceptInvitation',
  'RecoveryPagesController.forgot',
  'RecoveryPagesController.recover',
  'RecoveryPagesController.showForgot',
  'RecoveryPagesController.showInvitation',
  'RecoveryPagesController.showRecovery',
  'RefreshController.refresh',
  'RegistrationController.register',
  'RegistrationController.verify',
  'RootController.get',
  'WellKnownController.getKeys',
  'WellKnownController.getMetadata',
];

let app: NestFastifyApplication;
let routes: readonly Route[];

beforeAll(async () => {
  const url = await cloneDatabase('routes');
  const config = testConfig({ DATABASE_URL: url });
  app = await createApp(allInOne, config, await createDataSource(url, allInOne.schema, config).initialize());
  routes = controllersOf(app).flatMap(routesOf);
});
afterAll(() => app.close());

function controllersOf(application: NestFastifyApplication): Type[] {
  const modules = [...application.get(ModulesContainer).values()];
  return modules
    .flatMap((module) => [...module.controllers.values()])
    .map(({ metatype }) => metatype as Type);
}

function routesOf(controller: Type): Route[] {
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .flatMap((method) => {
      const handler = prototype[method];
      return handler && Reflect.hasMetadata(PATH_METADATA, handler) ? [{ method, handler }] : [];
    })
    .map(({ method, handler }) => ({
      name: `${controller.name}.${method}`,
      method: Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod,
      rule: Reflect.getMetadata(ACCESS_RULE, handler) as AccessRule | undefined,
      operation: Reflect.getMetadata(OPERATION, handler) as Route['operation'],
      isExcluded: Reflect.hasMetadata(EXCLUDED, controller),
    }));
}

const namesWhere = (test: (route: Route) => boolean) =>
  routes
    .filter(test)
    .map(({ name }) => name)
    .toSorted();

describe('every route', () => {
  it('is found: as many as the router serves', () => {
    const paths = Object.values(
      createOpenApiDocument(app, describeApi(allInOne, 'Gatehouse', 'http://gatehouse.test')).paths,
    );
    const described = paths.flatMap((item) =>
      Object.keys(item).filter((key) => ['get', 'put', 'post', 'patch', 'delete'].includes(key)),
    );
    expect(described.length).toBeGreaterThan(25);
    expect(routes.filter((route) => !route.isExcluded)).toHaveLength(described.length);
  });

  it('S63: declares on its handler who may call it', () => {
    expect(namesWhere((route) => route.rule === undefined)).toEqual([]);
  });

  it('S63: is public only where that was decided', () => {
    expect(namesWhere((route) => route.rule?.kind === 'public')).toEqual(PUBLIC_ROUTES);
  });

  it('S63: that asks for privileges names at least one', () => {
    expect(namesWhere(({ rule }) => rule?.kind === 'privileges' && rule.names.length === 0)).toEqual([]);
  });

  it('asks for declared privileges only', () => {
    const declared = new Set(allInOne.privileges.map(({ name }) => name));
    const named = routes.flatMap(({ rule }) => (rule?.kind === 'privileges' ? rule.names : []));
    expect(named.filter((name) => !declared.has(name))).toEqual([]);
    expect(new Set(named).size).toBeGreaterThan(10);
  });

  it('has an operationId of its own and a summary', () => {
    const open = routes.filter((route) => !route.isExcluded);
    expect(
      open.filter(({ operation }) => !/^[a-z][A-Za-z0-9]{2,}$/.test(operation?.operationId ?? '')),
    ).toEqual([]);
    expect(open.filter(({ operation }) => !/^[A-Z].{4,79}$/.test(operation?.summary ?? ''))).toEqual([]);
    const ids = open.map(({ operation }) => operation?.operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('answers one HTTP method', () => {
    expect(namesWhere(({ method }) => method === RequestMethod.ALL)).toEqual([]);
  });
});

describe('the check of the routes', () => {
  it('sees a handler that declares nothing', () => {
    @Controller('open')
    class OpenController {
      @Get()
      list(): void {}

      helper(): void {}
    }
    expect(routesOf(OpenController)).toMatchObject([
      { name: 'OpenController.list', rule: undefined, operation: undefined },
    ]);
  });
});

describe('every declared privilege', () => {
  it.each(allInOne.privileges)('fits its columns and says what it allows: $name', ({ name, description }) => {
    expect(name).toMatch(/^[a-z]+\.[a-z]+$/);
    expect(name.length).toBeLessThanOrEqual(64);
    expect(description).toMatch(/^[A-Z].{7,255}$/);
  });

  it('is declared once', () => {
    const names = allInOne.privileges.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
