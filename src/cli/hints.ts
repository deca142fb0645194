/** What to do next, by the code of the error; the command is there to be typed. */
const HINTS: Readonly<Record<string, string>> = {
  node_unreachable: 'start a node here: camshard up; one elsewhere: --url URL or CAMSHARD_URL',
  token_missing: 'give the token of the node: --token TOKEN or CAMSHARD_TOKEN',
  token_wrong: 'give the token of the node: --token TOKEN or CAMSHARD_TOKEN',
  unknown_camera: 'the cameras there are: camshard cameras ls',
  no_settings: 'set some: camshard cameras set CAMERA --file FILE',
  version_conflict: 'look at what it is now: camshard cameras get CAMERA',
  unknown_alert: 'the alerts there are: camshard alerts ls',
  unknown_hash: 'the pictures there are: camshard quarantine ls',
  no_such_node: 'the nodes there are: camshard nodes ls',
  no_such_round: 'the rounds there are: camshard cluster rounds',
  model_not_found: 'the models there are: camshard models ls; the default one: camshard models import',
  history_disabled: 'turn it on: history.enabled in the configuration of the node',
};

const TLS = /self.signed|unable to (get|verify)|certificate/i;

/** The hint for an error; undefined where there is nothing to say. */
export function hintFor(code: string, message: string): string | undefined {
  if (code === 'node_unreachable' && TLS.test(message)) {
    return "name the authority's certificate: NODE_EXTRA_CA_CERTS=ca.pem; or take any: --insecure";
  }
  return HINTS[code];
}
