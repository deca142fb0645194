import type { MemberRow } from '../../http/api/cluster/rows.ts';
import type { ClusterAnswer } from '../cluster/answers.ts';
import { CodedExit, EXIT } from '../exit.ts';

/** The member of that name. @throws CodedExit `no_such_node` naming those there are */
export function memberOf({ members }: ClusterAnswer, node: string): MemberRow {
  const found = members.find((member) => member.node === node);
  if (found !== undefined) return found;
  const names = members.map((member) => member.node).join(', ');
  throw new CodedExit(EXIT.refused, 'no_such_node', `no node ${node} in this cluster; there are ${names}`);
}
