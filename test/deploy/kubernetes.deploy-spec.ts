import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IJob } from 'kubernetes-models/batch/v1';
import type { IIngress, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IConfigMap, INamespace, ISecret, IService } from 'kubernetes-models/v1';
import type { IServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { allInOne } from '../../src/apps/all-in-one.js';
import { ConfigurationError, loadConfig, variablesOf } from '../../src/platform/config/config.js';
import { faultsBySchema, type Manifest, render, unknownFields } from './manifests.js';

const overlays = { production: render('production'), development: render('development') };
const { production, development } = overlays;

interface Kinds {
  ConfigMap: IConfigMap;
  Deployment: IDeployment;
  HorizontalPodAutoscaler: IHorizontalPodAutoscaler;
  Ingress: IIngress;
  Job: IJob;
  Namespace: INamespace;
  NetworkPolicy: INetworkPolicy;
  PodDisruptionBudget: IPodDisruptionBudget;
  Service: IService;
  ServiceMonitor: IServiceMonitor;
}

function all<Kind extends keyof Kinds>(manifests: readonly Manifest[], kind: Kind): Kinds[Kind][] {
  return manifests.filter((it) => it.kind === kind) as unknown as Kinds[Kind][];
}

function find<Kind extends keyof Kinds>(
  manifests: readonly Manifest[],
  kind: Kind,
  name?: string,
): Kinds[Kind] {
  const [found, ...others] = all(manifests, kind).filter(
    (it) => name === undefined || it.metadata?.name === name,
  );
  if (!found || others.length > 0) throw new Error(`Not one ${kind} ${name ?? ''}`);
  return found;
}

const api = find(production, 'Deployment', 'gatehouse-api');
const worker = find(production, 'Deployment', 'gatehouse-worker');
/** Everything that makes pods. */
const templatesOf = (manifests: readonly Manifest[]) =>
  manifests.flatMap((it) => {
    const template = (it as unknown as IDeployment).spec?.template;
    return ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(it.kind) && template?.spec
      ? [{ name: it.metadata.name, labels: template.metadata?.labels ?? {}, pod: template.spec }]
      : [];
  });
const settingsOf = (manifests: readonly Manifest[]) => find(manifests, 'ConfigMap').data ?? {};
const envOf = (name: string, manifests: readonly Manifest[]): Record<string, string> => ({
  ...settingsOf(manifests),
  ...Object.fromEntries(
    (templatesOf(manifests).find((it) => it.name === name)?.pod.containers[0]?.env ?? []).map((it) => [
      it.name,
      it.value ?? '',
    ]),
  ),
});
const matches = (selector: Record<string, string> | undefined, labels: Record<string, string>) =>
  Object.entries(selector ?? {}).every(([name, value]) => labels[name] === value);

describe.each(Object.entries(overlays))('k8s/overlays/%s', (_overlay, manifests) => {
  it('is what the published schemas of Kubernetes describe, with no field besides', async () => {
    expect((await Promise.all(manifests.map(faultsBySchema))).flat()).toEqual([]);
    expect(unknownFields(manifests)).toEqual([]);
  });

  it('stays in one namespace, which lets only restricted pods in', () => {
    const { metadata } = find(manifests, 'Namespace');
    expect(metadata?.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const elsewhere = manifests.filter(
      (it) => it.kind !== 'Namespace' && it.metadata.namespace !== metadata?.name,
    );
    expect(elsewhere.map((it) => it.metadata.name)).toEqual([]);
  });

  it('runs every pod as Pod Security Standards restrict it, on a read-only file system and without a token', () => {
    const templates = templatesOf(manifests);
    expect(templates.length).toBeGreaterThanOrEqual(3);
    for (const { name, pod } of templates) {
      expect([name, pod]).toEqual([
        name,
        expect.objectContaining({ automountServiceAccountToken: false, enableServiceLinks: false }),
      ]);
      expect([name, pod.securityContext]).toEqual([
        name,
        expect.objectContaining({
          runAsNonRoot: true,
          runAsUser: expect.any(Number),
          seccompProfile: { type: 'RuntimeDefault' },
        }),
      ]);
      expect([pod.hostNetwork, pod.hostPID, pod.hostIPC, pod.initContainers]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      for (const { securityContext } of pod.containers) {
        expect([name, securityContext]).toEqual([
          name,
          { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        ]);
      }
      expect((pod.volumes ?? []).filter(({ emptyDir }) => !emptyDir)).toEqual([]);
    }
  });

  it('asks for what each container needs, and bounds what it may take', () => {
    for (const { name, pod } of templatesOf(manifests)) {
      for (const { resources } of pod.containers) {
        expect([name, resources]).toEqual([
          name,
          {
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { cpu: expect.any(String), memory: expect.any(String) },
          },
        ]);
      }
    }
  });

  it('pins every image', () => {
    const images = templatesOf(manifests).flatMap(({ pod }) =>
      pod.containers.map(({ image }) => image ?? ''),
    );
    expect(images.filter((image) => !/:[\w.-]+$/.test(image) || image.endsWith(':latest'))).toEqual([]);
    const ours = templatesOf(manifests).filter(
      ({ labels }) => labels['app.kubernetes.io/name'] === 'gatehouse',
    );
    expect(new Set(ours.map(({ pod }) => pod.containers[0]?.image)).size).toBe(1);
  });

  it('S97: holds no secret, and takes those there are from a Secret', () => {
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const text = JSON.stringify(manifests);
    expect(text).not.toMatch(/(?:SECRET|PEPPER|PASSWORD|TOKEN)[^"]*"(?:,"value"|):"/);
    expect(text).not.toMatch(/:\/\/[^"/\s]*:[^"/\s]*@/);
    for (const { name, labels, pod } of templatesOf(manifests)) {
      if (labels['app.kubernetes.io/name'] !== 'gatehouse') continue;
      expect([name, pod.containers[0]?.envFrom]).toEqual([
        name,
        [
          { configMapRef: { name: expect.stringMatching(/^gatehouse-settings-\w+$/) } },
          { secretRef: { name: 'gatehouse-secrets' } },
        ],
      ]);
    }
  });

  it('has settings that the service takes, by names it knows', () => {
    const known = variablesOf(allInOne.config);
    const secrets = Object.fromEntries(
      ['APP_SECRET', 'KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER'].map((name, index) => [
        name,
        `${index}k8Vd2Lq7Zx4Bn9Mw6Rt3Yp5Hs1Jg0Fc`,
      ]),
    );
    for (const name of ['gatehouse-api', 'gatehouse-worker', 'gatehouse-migrate']) {
      const env = envOf(name, manifests);
      expect(Object.keys(env).filter((variable) => !known.includes(variable))).toEqual([]);
      // Those of the image, and a Secret's.
      const settings = {
        MANAGEMENT_PORT: '9464',
        DATABASE_URL: 'postgres://db.internal/gatehouse',
        ...secrets,
        ...env,
      };
      expect(() => loadConfig(settings, allInOne.config, () => ({}))).not.toThrow(ConfigurationError);
    }
  });

  it('denies all traffic, and lets requests in from the ingress only, to no other port than theirs', () => {
    const policies = all(manifests, 'NetworkPolicy');
    expect(
      policies.filter(({ metadata }) => metadata?.name === 'default-deny').map(({ spec }) => spec),
    ).toEqual([{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }]);
    const intoGatehouse = policies
      .filter(
        ({ spec }) =>
          spec?.ingress && spec.podSelector?.matchLabels?.['app.kubernetes.io/name'] === 'gatehouse',
      )
      .flatMap(({ spec }) => spec?.ingress ?? [])
      .map(({ from, ports }) => [
        from?.map(({ namespaceSelector }) => namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name']),
        ports?.map(({ port }) => port),
      ]);
    expect(intoGatehouse).toEqual(
      expect.arrayContaining([
        [['ingress-nginx'], ['http']],
        [['monitoring'], ['management']],
      ]),
    );
    expect(intoGatehouse).toHaveLength(2);
    expect(policies.flatMap(({ spec }) => spec?.ingress ?? []).filter(({ from }) => !from?.length)).toEqual(
      [],
    );
  });

  it('lets requests to the world out, and to nothing that is not public but the stores', () => {
    const out = all(manifests, 'NetworkPolicy').flatMap(({ spec }) => spec?.egress ?? []);
    const world = out.filter(({ to }) => to?.some(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0'));
    expect(world).toHaveLength(1);
    expect(world[0]?.to?.[0]?.ipBlock?.except).toEqual(
      expect.arrayContaining([
        '10.0.0.0/8',
        '172.16.0.0/12',
        '192.168.0.0/16',
        '169.254.0.0/16',
        '127.0.0.0/8',
      ]),
    );
    expect(out.filter(({ ports, to }) => !ports?.length || !to?.length)).toEqual([]);
  });

  it('publishes the management port nowhere', () => {
    const services = all(manifests, 'Service');
    expect(services.filter(({ spec }) => (spec?.type ?? 'ClusterIP') !== 'ClusterIP')).toEqual([]);
    const withManagement = services.filter(({ spec }) =>
      spec?.ports?.some(({ targetPort }) => targetPort === 'management'),
    );
    expect(withManagement.map(({ metadata, spec }) => [metadata?.name, spec?.clusterIP])).toEqual([
      ['gatehouse-management', 'None'],
    ]);
    const routed = all(manifests, 'Ingress').flatMap(({ spec }) =>
      (spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend.service)),
    );
    expect(
      routed.filter((service) => service?.name !== 'gatehouse-api' || service.port?.name !== 'http'),
    ).toEqual([]);
  });

  it('migrates in a Job, once, and serves with nothing that would migrate by itself', () => {
    const job = find(manifests, 'Job');
    const pod = job.spec?.template.spec;
    expect([pod?.containers[0]?.command, pod?.restartPolicy]).toEqual([
      ['node', 'dist/src/cli.js', 'migrate'],
      'Never',
    ]);
    expect(job.spec?.ttlSecondsAfterFinished).toBeGreaterThan(0);
    for (const name of ['gatehouse-api', 'gatehouse-worker'])
      expect(envOf(name, manifests).MIGRATE_ON_START).toBe('false');
  });
});

describe('the roll-out', () => {
  it.each([
    ['api', api],
    ['worker', worker],
  ])('%s: asks three probes at the management port', (_name, deployment) => {
    const [container] = deployment.spec?.template.spec?.containers ?? [];
    const ports = Object.fromEntries((container?.ports ?? []).map((it) => [it.name, it.containerPort]));
    const exposed = /^EXPOSE (\d+) (\d+)$/m.exec(readFileSync('Dockerfile', 'utf8'))?.slice(1).map(Number);
    expect([ports.http ?? 3000, ports.management]).toEqual(exposed);
    const at = (path: string) =>
      expect.objectContaining({
        httpGet: { path: `/api/v1/health/${path}`, port: 'management' },
        timeoutSeconds: 3,
      });
    expect([container?.startupProbe, container?.livenessProbe, container?.readinessProbe]).toEqual([
      at('startup'),
      at('live'),
      at('ready'),
    ]);
  });

  it('R17: takes no pod away before another is ready, and waits for migrations as long as its probe', () => {
    for (const { spec } of [api, worker]) {
      expect(spec?.strategy).toEqual({
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
      });
      const probe = spec?.template.spec?.containers[0]?.startupProbe;
      const patience = (probe?.periodSeconds ?? 0) * (probe?.failureThreshold ?? 0);
      expect(patience).toBeGreaterThanOrEqual(600);
      expect(spec?.progressDeadlineSeconds).toBeGreaterThan(patience);
    }
  });

  it('R16: has the time that a stop takes, preStop and SHUTDOWN_DELAY included', () => {
    const finish =
      Number(
        /FINISH_WITHIN = ([\d_]+)/.exec(readFileSync('src/apps/start.ts', 'utf8'))?.[1]?.replace('_', ''),
      ) / 1000;
    expect(finish).toBe(25);
    for (const { metadata, spec } of [api, worker]) {
      const pod = spec?.template.spec;
      const preStop = pod?.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
      const delay = Number(envOf(metadata?.name ?? '', production).SHUTDOWN_DELAY);
      expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(preStop + delay + finish + 5);
    }
    expect(api.spec?.template.spec?.containers[0]?.lifecycle?.preStop?.sleep?.seconds).toBe(5);
  });

  it('leaves the number of pods to the autoscaler, from three on', () => {
    const autoscaler = find(production, 'HorizontalPodAutoscaler');
    expect(autoscaler.spec?.scaleTargetRef).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'gatehouse-api',
    });
    expect(autoscaler.spec?.minReplicas).toBe(3);
    expect(autoscaler.spec?.maxReplicas).toBeGreaterThan(3);
    expect(api.spec).not.toHaveProperty('replicas');
    const base = load(readFileSync('k8s/base/api.yaml', 'utf8')) as IDeployment;
    expect(base.spec?.replicas).toBe(3);
    expect(worker.spec?.replicas).toBeGreaterThanOrEqual(2);
  });

  it('lets a drained node take one pod at a time, and spreads them over nodes and zones', () => {
    for (const { metadata, spec } of [api, worker]) {
      const labels = spec?.template.metadata?.labels ?? {};
      const budget = find(production, 'PodDisruptionBudget', metadata?.name);
      expect([budget.spec?.maxUnavailable, matches(budget.spec?.selector?.matchLabels, labels)]).toEqual([
        1,
        true,
      ]);
      const spread = spec?.template.spec?.topologySpreadConstraints ?? [];
      expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
      for (const { labelSelector } of spread) expect(matches(labelSelector?.matchLabels, labels)).toBe(true);
    }
    // Of a Deployment with one pod nothing could be drained.
    expect(development.filter(({ kind }) => kind === 'PodDisruptionBudget')).toEqual([]);
  });

  it('selects what it means: no selector takes in pods of another part', () => {
    const templates = templatesOf(production);
    const selected = (selector: Record<string, string> | undefined) =>
      templates.filter(({ labels }) => matches(selector, labels)).map(({ name }) => name);
    expect(selected(find(production, 'Service', 'gatehouse-api').spec?.selector)).toEqual(['gatehouse-api']);
    expect(selected(api.spec?.selector.matchLabels)).toEqual(['gatehouse-api']);
    expect(selected(worker.spec?.selector.matchLabels)).toEqual(['gatehouse-worker']);
  });
});

describe('production', () => {
  it('is reached by https, at the address that links and tokens name', () => {
    const { spec } = find(production, 'Ingress');
    const host = new URL(settingsOf(production).PUBLIC_BASE_URL ?? '').host;
    expect(spec?.tls).toEqual([{ hosts: [host], secretName: 'gatehouse-tls' }]);
    expect(spec?.rules?.map((rule) => rule.host)).toEqual([host]);
  });

  it('is scraped at /metrics of the management port, as the job that the rules know', () => {
    const { spec } = find(production, 'ServiceMonitor');
    const services = all(production, 'Service').filter(({ metadata }) =>
      matches(spec?.selector.matchLabels, metadata?.labels ?? {}),
    );
    expect(services.map(({ metadata }) => metadata?.name)).toEqual(['gatehouse-management']);
    expect(services[0]?.spec?.ports?.[0]?.name).toBe(spec?.endpoints[0]?.port);
    expect(spec?.endpoints[0]?.path).toBe('/metrics');
    expect(services[0]?.metadata?.labels?.[spec?.jobLabel ?? '']).toBe('gatehouse');
  });
});

describe('the template of the Secret', () => {
  const template = load(readFileSync('k8s/secret.template.yaml', 'utf8')) as ISecret;

  it('names what production demands and the settings do not say, without a value', () => {
    const demanded = (() => {
      try {
        loadConfig({ ...settingsOf(production) }, allInOne.config, () => ({}));
        return [];
      } catch (error) {
        return error instanceof ConfigurationError ? [...error.faults.keys()] : [];
      }
    })();
    expect(Object.keys(template.stringData ?? {})).toEqual(expect.arrayContaining(demanded));
    expect(demanded.length).toBeGreaterThanOrEqual(4);
    expect(new Set(Object.values(template.stringData ?? {}))).toEqual(new Set(['']));
  });
});
