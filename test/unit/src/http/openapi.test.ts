import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { nodeConfigSchema } from '../../../../config/schema.ts';
import { alertSnapshotRoutes } from '../../../../src/http/api/alert-snapshot.ts';
import { type AlertRouteServices, alertRoutes } from '../../../../src/http/api/alerts.ts';
import { historyRoutes } from '../../../../src/http/api/history.ts';
import { settingsRoutes } from '../../../../src/http/api/settings.ts';
import { type ApiServices, apiRoutes } from '../../../../src/http/api.ts';
import { faultRoutes } from '../../../../src/http/fault-hooks.ts';
import { openApiDocument } from '../../../../src/http/openapi.ts';
import type { Settings } from '../../../../src/settings/open-settings.ts';
import { openApiStructure } from '../../../support/openapi-structure.ts';

const document = openApiStructure.parse(openApiDocument('1.2.3'));

function refsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner),
  );
}

describe('the OpenAPI document', () => {
  it('has the structure of OpenAPI 3.1 and carries the version of the node', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.version).toBe('1.2.3');
  });

  it('resolves every reference, and uses every schema', () => {
    const used = new Set(refsIn(document));
    for (const ref of used) {
      expect(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)).toContain(ref);
    }
    for (const name of Object.keys(document.components.schemas)) expect(used).toContain(`#/components/schemas/${name}`);
  });

  it('has schemas that are JSON Schema', () => {
    const inline = (name: string): unknown =>
      JSON.parse(JSON.stringify(document.components.schemas[name]), (_key, value: unknown) => {
        const ref = typeof value === 'object' && value !== null && '$ref' in value ? value.$ref : undefined;
        return typeof ref === 'string' ? inline(ref.slice('#/components/schemas/'.length)) : value;
      });
    for (const name of Object.keys(document.components.schemas)) {
      expect(() => z.fromJSONSchema(inline(name) as z.core.JSONSchema.JSONSchema)).not.toThrow();
    }
  });

  it('names operations uniquely, uses known tags, and declares each path parameter', () => {
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      [item.get, item.post, item.put, item.delete].flatMap((operation) =>
        operation === undefined ? [] : [{ path, operation }],
      ),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = new Set(document.tags.map((tag) => tag.name));
    for (const { path, operation } of operations) {
      expect(operation.tags.every((tag) => tags.has(tag))).toBe(true);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name);
      expect(declared).toEqual(inPath);
    }
  });

  it('lists exactly the routes the node serves, open ones as open, and both sockets', () => {
    const config = nodeConfigSchema.parse({});
    const routes = [
      ...apiRoutes({ config } as ApiServices),
      ...settingsRoutes({} as Settings),
      ...alertRoutes({} as AlertRouteServices),
      ...alertSnapshotRoutes({} as Parameters<typeof alertSnapshotRoutes>[0]),
      ...historyRoutes({ queries: undefined, onFault: () => {} }),
      ...faultRoutes([]),
    ];
    const served = routes.map(({ method, pattern, open }) => ({
      operation: `${method} ${pattern.replace(/:(\w+)/g, '{$1}')}`,
      open: open === true,
    }));
    const listed = Object.entries(document.paths).flatMap(([path, item]) =>
      (['get', 'post', 'put', 'delete'] as const).flatMap((method) => {
        const operation = item[method];
        return operation === undefined
          ? []
          : [{ operation: `${method} ${path}`, open: operation.security?.length === 0 }];
      }),
    );
    const sockets = ['get /v1/cameras/{id}/stream', 'get /v1/live'].map((operation) => ({ operation, open: false }));
    const byName = (a: { operation: string }, b: { operation: string }) => (a.operation < b.operation ? -1 : 1);
    expect(listed.sort(byName)).toEqual([...served, ...sockets].sort(byName));
  });
});
