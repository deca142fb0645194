import { describeKeys } from '../describe.ts';
import { keyTable } from '../render.ts';
import { settingsSchemaRoot } from './explain.ts';

/** docs/camera-settings.md, made by `camshard config docs --cameras`; a test asserts that it is current. */
export function renderSettingsDocs(): string {
  const keys = describeKeys(settingsSchemaRoot());
  const sections = new Map<string, typeof keys>();
  for (const key of keys) {
    const first = key.key.split(/[.[]/)[0] ?? '';
    const section =
      first === key.key && !keys.some((k) => k.key.startsWith(`${first}.`) || k.key.startsWith(`${first}[`))
        ? 'whole camera'
        : first;
    sections.set(section, [...(sections.get(section) ?? []), key]);
  }
  const tables = [...sections].map(([section, rows]) => [`### ${section}`, '', ...keyTable(rows), ''].join('\n'));
  return `${INTRODUCTION}${tables.join('\n')}`;
}

const INTRODUCTION = `# Settings of a camera

Made from \`config/camera-settings/\` by \`camshard config docs --cameras\`; a test keeps it current.

What a camera is for is one document: what its detections mean, where its lines and zones are, what raises alerts, how
it ranks. Without one a camera is counted as the defaults say. Two examples to begin with:
\`config/examples/traffic.yaml\` and \`config/examples/waste.yaml\`.

## Setting it

    camshard cameras validate north.yaml                # checks a file, without a node
    camshard cameras set north --file north.yaml        # shows what changes, and sets it
    camshard cameras set north --file north.yaml --dry-run
    camshard cameras get north                          # as it was written, comments included
    camshard cameras versions north                     # the newest 50
    camshard cameras get north --at 3 | camshard cameras set north --file -    # back to version 3
    camshard cameras unset north
    camshard cameras audit north                        # who changed what, from where, when

The same over HTTP, in YAML or JSON by content type:

    curl -X PUT --data-binary @north.yaml -H 'content-type: application/yaml' -H 'x-camshard-who: ann' \\
         http://127.0.0.1:8080/v1/cameras/north/settings

\`GET\` answers JSON: the document as written, the settings with every default and points as shares, version, who, when;
with \`Accept: application/yaml\` the text alone. \`ETag\` is the version: send it back as \`If-Match\` (or \`?version=\`), and a
change that somebody made in between is a 412 (409) instead of being overwritten. \`POST /v1/settings/validate\` checks
only.

Or by hand, where the node is no part of a cluster (in one, settings are in Redis: [settings.md](settings.md)): it keeps
\`<settings.dir>/<camera>.yaml\` (\`<node.dataDir>/settings\`) and takes edits of these files
while it runs, within a second where the file system tells of changes and 30 s where it does not. A file that is faulty is
a \`settings_refused\` event with path and line, and the camera keeps what it had.

A change is in force with the next frame; nothing is restarted, and trackers and counters go on.

## What is refused

The whole document is, with every fault and its path, exit code 2 or HTTP 422:

    north.yaml:14: lines[0].to: [1700, 300] is outside the picture of 1280x720
    north.yaml:31: rules[2].subject: there is no line "nort"; did you mean "north"?

Beyond what the tables below allow:

- names are unique, those of lines and zones together: a speed is measured at either;
- points lie in the picture: a slip of up to 1 % of its side is put onto the edge;
- lines and headings have a length, polygons do not cross themselves and cover something, four points of the ground lie
  so that no three are on one line, in the picture and in metres;
- rules name lines, zones, directions and materials that there are, have one of \`above\` and \`below\`, and \`clearAt\` on
  the right side of it;
- a rule that could never act is refused: a metric of the other pipeline, speed without \`ground\`, density without
  \`ground\` or \`lengthM\`, a class its line does not count, an incident that is switched off;
- time zones are ones this Node knows.

A document has at most 256 KiB. YAML tags, and keys given twice, are refused.

## The audit log

Each change, by whatever way, is one line of \`<node.dataDir>/audit/audit-NNNNNNNN.jsonl\`: who, from where, when, the
document before and after. It is on disk (fsync) before the change is in force; a change that cannot be audited is not
made. \`who\` is what the caller says (\`X-Camshard-Who\`, \`--who\`): the token proves only that they may. Each line carries
the SHA-256 of itself and of the line before: \`camshard cameras audit --verify\` reads all of it and exits with 1 where
something was changed, taken out or put in; the newest file is checked at each start. Somebody who can write the files
can forge them from one line to the very end; the log on stderr has the hash of each change (\`auditHash\` of
\`settings_changed\`), so keep that elsewhere where it matters. Files of 16 MiB follow one another and are never deleted;
old ones may be moved away, the rest stays verifiable.

## Every key

\`[]\` is any entry of a list. A word in brackets behind a key is the kind of entry that has it.

`;
