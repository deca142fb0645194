import { answerError, requestNode } from '../../client/node-api.ts';
import type { AlertsAckOptions } from '../alerts.ts';
import { headerText, whoAmI } from '../cameras/settings-file.ts';
import { nodeAddress } from '../options.ts';

/** Runs `camshard alerts ack`. @throws CamshardError `unknown_alert` and what the node says */
export async function acknowledgeAlert(id: string, options: AlertsAckOptions): Promise<void> {
  const node = nodeAddress(options, process.env);
  const path = `/v1/alerts/${encodeURIComponent(id)}/acknowledge`;
  const who = headerText(options.who ?? whoAmI());
  const answer = await requestNode(node, { method: 'POST', path, headers: { 'x-camshard-who': who } });
  if (answer.status !== 200) throw answerError(node, path, answer);
  console.log(options.json === true ? answer.body : `${id} is acknowledged by ${who}`);
}
