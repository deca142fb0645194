import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { NodeConfig } from '../../config/schema.ts';

/**
 * When the certificate that the node serves with ends, ms since the Unix epoch; undefined without TLS. To be read when
 * the node starts: a file renewed later is not served before the next start.
 */
export function certificateEndsAtMs({ tls }: Pick<NodeConfig['server'], 'tls'>): number | undefined {
  if (tls === null) return undefined;
  // The first of a chain is the node's own.
  return Date.parse(new X509Certificate(readFileSync(tls.certFile)).validTo);
}
