import { ModelError } from '../../core/errors.ts';
import type { TfNode } from './tfjs-graph.ts';

/** Attributes of a GraphDef node as JSON: strings are base64, integers are decimal strings. */

export function stringAttr(node: TfNode, name: string, fallback?: string): string {
  const value = node.attr[name]?.s;
  if (value !== undefined) return decode(value);
  return required(node, name, fallback);
}

export function intsAttr(node: TfNode, name: string, fallback?: readonly number[]): readonly number[] {
  const value = node.attr[name]?.list?.i;
  if (value !== undefined && value.length > 0) return value.map(Number);
  return required(node, name, fallback);
}

export function stringsAttr(node: TfNode, name: string): readonly string[] {
  return (node.attr[name]?.list?.s ?? []).map(decode);
}

export function boolAttr(node: TfNode, name: string, fallback: boolean): boolean {
  return node.attr[name]?.b ?? fallback;
}

export function floatAttr(node: TfNode, name: string, fallback: number): number {
  return node.attr[name]?.f ?? fallback;
}

/** Dimensions of a Placeholder. */
export function shapeAttr(node: TfNode, name: string): readonly number[] {
  return (node.attr[name]?.shape?.dim ?? []).map((dim) => Number(dim.size));
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

function required<T>(node: TfNode, name: string, fallback: T | undefined): T {
  if (fallback !== undefined) return fallback;
  throw new ModelError('model_unsupported', `${node.op} ${node.name} lacks the attribute ${name}`);
}
