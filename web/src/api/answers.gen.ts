// Made by scripts/render-api-types.mjs from the OpenAPI document; a test holds it equal. Not edited by hand.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An alert as of its last change. */
        readonly Alert: {
            /**
             * @description `<camera>:<rule>:<opening>`.
             * @example north-gate:queue:3
             */
            readonly id: string;
            readonly cluster: string;
            readonly node: string;
            /**
             * @description Name of a camera, chosen by whoever installed it.
             * @example north-gate
             */
            readonly camera: string;
            readonly shard: number;
            /** @description Of the shard when it was raised: an older owner’s is refused by Redis. */
            readonly epoch: number;
            readonly rule: string;
            /** @description Counts up per camera and rule, and never again the same. */
            readonly opening: number;
            /** @enum {string} */
            readonly state: "opened" | "closed";
            /** @enum {string} */
            readonly severity: "info" | "warning" | "critical";
            /** @description When it took this state. */
            readonly atMs: number;
            readonly openedAtMs: number;
            readonly dedupeKey: string;
            readonly title: string;
            /** @description One sentence with the figures. */
            readonly message: string;
            /** @description The figure that passed the threshold. */
            readonly value: number | null;
            readonly threshold: number | null;
            readonly data: {
                readonly [key: string]: string | number | boolean | null;
            };
            /** @description Whether a picture is kept with it. */
            readonly snapshot: boolean;
            /** @description Where the picture is, at any node. */
            readonly snapshotPath: string | null;
            /** @description The node that keeps it: the owner of its camera. */
            readonly keeper: string;
            /** @description Place of its last change at that node; grows with each change of any alert there. */
            readonly position: number;
            readonly acknowledged: {
                readonly who: string;
                readonly atMs: number;
            } | null;
        };
        readonly AlertPage: {
            readonly alerts: readonly components["schemas"]["Alert"][];
            /** @description Give it as `before` (or `after`, where that was given) for the next page. */
            readonly next: (number | string) | null;
            /** @description Give it as `after` for what changes from now on. */
            readonly last: number | string;
            /** @description How many alerts are open, whatever was asked for. */
            readonly open: {
                readonly bySeverity: {
                    readonly info: number;
                    readonly warning: number;
                    readonly critical: number;
                };
                /** @description Of them, those nobody has acknowledged. */
                readonly unseen: number;
            };
            /** @description Nodes that did not answer, whose part is missing; absent where all did. */
            readonly away?: readonly {
                readonly node: string;
                readonly code: string;
            }[];
        };
        readonly AlertDelivery: {
            readonly outbox: {
                readonly bytes: number;
                readonly segments: number;
                readonly appended: number;
                readonly refused: number;
                readonly faults: number;
                readonly tornBytes: number;
            };
            readonly desk: {
                readonly raised: number;
                readonly lost: number;
            };
            /** @description Alerts that wait in memory because the disk takes none. */
            readonly waiting: number;
            readonly open: number;
            readonly sinks: readonly {
                /**
                 * @example redis
                 * @example webhook:ops
                 */
                readonly sink: string;
                /** @enum {string} */
                readonly breaker: "closed" | "open" | "half_open";
                /** @description Records of the outbox it has not had yet. */
                readonly behind: number;
                /** @description Position of the first of them: with alerts before it this sink is done, or will never get them. */
                readonly next: number;
                /** @description Records it never got: given up because the outbox was full, or damaged. */
                readonly lost: number;
                readonly delivered: number;
                readonly failures: number;
                /** @description Refused for good, by reason. */
                readonly refused: {
                    readonly fenced: number;
                    readonly rejected: number;
                };
                /** @description Not given to it here: another node owns their cameras, and they are left to it. */
                readonly fenced: number;
                /** @description Not given to it here: they went to another node with their cameras. */
                readonly moved: number;
            }[];
            /** @description Alerts that move with their cameras. Counts since the node started. */
            readonly handOver: {
                /** @description Other owners' records, taken over to be delivered here. */
                readonly adopted: number;
                /** @description Other owners' records that this node had already. */
                readonly known: number;
                /** @description Records some sink has not had yet, at hand for a hand-over. */
                readonly undelivered: number;
                /** @description When the oldest of them took its state; absent where there is none. */
                readonly oldestAtMs?: number;
                /** @description Records that are not at hand: there were too many. */
                readonly givenUp: number;
                /** @description Records that wait for the owner of their cameras. */
                readonly leftBehind: number;
                /** @description Records the owner of their cameras has taken. */
                readonly handed: number;
                /** @description Records left behind that no owner will get. */
                readonly leftBehindLost: number;
            };
        };
        readonly CameraSettings: {
            /**
             * @description Name of a camera, chosen by whoever installed it.
             * @example north-gate
             */
            readonly camera: string;
            /** @description Grows with each change of this camera’s settings. */
            readonly version: number;
            readonly updatedAt: number;
            readonly updatedBy: string;
            /** @description As it was written. */
            readonly document: {
                readonly [key: string]: unknown;
            };
            readonly settings: {
                readonly [key: string]: unknown;
            } | null;
        };
        readonly SettingsPage: {
            readonly cameras: readonly {
                /**
                 * @description Name of a camera, chosen by whoever installed it.
                 * @example north-gate
                 */
                readonly camera: string;
                /** @description Grows with each change of this camera’s settings. */
                readonly version: number;
                readonly updatedAt: number;
                readonly updatedBy: string;
            }[];
            readonly next: string | null;
        };
        readonly SettingsValid: {
            /** @constant */
            readonly valid: true;
            /** @description With every default; points are shares of the picture. */
            readonly settings: {
                readonly [key: string]: unknown;
            };
        };
        readonly SettingsPut: {
            /**
             * @description Name of a camera, chosen by whoever installed it.
             * @example north-gate
             */
            readonly camera: string;
            /** @description Grows with each change of this camera’s settings. */
            readonly version: number;
            /** @description False where the same was there already. */
            readonly changed: boolean;
        };
        readonly SettingsRemoved: {
            /**
             * @description Name of a camera, chosen by whoever installed it.
             * @example north-gate
             */
            readonly camera: string;
            /** @description Grows with each change of this camera’s settings. */
            readonly version: number;
        };
        readonly SettingsVersions: {
            /**
             * @description Name of a camera, chosen by whoever installed it.
             * @example north-gate
             */
            readonly camera: string;
            readonly versions: readonly {
                /** @description Grows with each change of this camera’s settings. */
                readonly version: number;
                readonly updatedAt: number;
                readonly updatedBy: string;
                readonly via: string;
                /** @description Null where they were removed. */
                readonly document: {
                    readonly [key: string]: unknown;
                } | null;
            }[];
        };
        readonly AuditPage: {
            readonly entries: readonly {
                /** @description In a cluster: whose log it is in. */
                readonly node?: string;
                readonly seq: number;
                /** @description SHA-256 over the entry and the hash of the one before. */
                readonly hash: string;
                readonly id: string;
                readonly atMs: number;
                readonly who: string;
                readonly via: string;
                readonly action: string;
                readonly subject: string;
                readonly before: unknown;
                readonly after: unknown;
            }[];
            readonly next: number | null;
            /** @description The newest entry there is; null over several nodes. */
            readonly last: number | null;
            /** @description In a cluster: nodes that did not answer; what they audited is not in here. */
            readonly missing?: readonly {
                readonly node: string;
                readonly code: string;
            }[];
        };
        readonly AuditVerdict: {
            /** @constant */
            readonly kind: "intact";
            readonly records: number;
            readonly hash: string;
        } | {
            /** @constant */
            readonly kind: "broken";
            readonly file: string;
            readonly line: number;
            readonly why: string;
        };
        /** @description Things counted, by interval. */
        readonly HistoryCounts: {
            /** @constant */
            readonly resource: "counts";
            readonly metric: string;
            /** @description Start of the first interval: the range is widened to whole ones. */
            readonly from: number;
            /** @description End of the last. */
            readonly to: number;
            readonly interval: string;
            readonly timeZone: string;
            readonly by: readonly string[];
            /** @description Tables that the figures come from. */
            readonly rollUps: readonly ("day" | "hour" | "minute")[];
            readonly rows: readonly {
                readonly start: number;
                /** @description Not within the interval any more. */
                readonly end: number;
                /**
                 * @description Where rows are by camera.
                 * @example north-gate
                 */
                readonly camera?: string;
                /** @description Where rows are by line. */
                readonly line?: string | null;
                /** @description Of incidents, where rows are by kind. */
                readonly kind?: string | null;
                /** @description `from>to`, where rows are by route. */
                readonly route?: string | null;
                /** @description What the settings call the direction, where rows are by direction. */
                readonly direction?: string | null;
                /** @description Class of the objects, where rows are by label; null in a row that has nothing to tell. */
                readonly label?: string | null;
                /** @description 0 where it was observed that nothing came; null where nobody looked. */
                readonly count: number | null;
                /** @description Share of the interval that was observed, of all cameras that are in the row. */
                readonly observedShare: number;
                /** @description Enough was observed by cameras fit to see: the figures can be relied on. */
                readonly valid: boolean;
                /** @description Cameras that observed any of it; not in rows by camera. */
                readonly cameras?: number;
            }[];
            /** @description Cursor of the next page, to be given as `after` with all else unchanged; null at the last. */
            readonly next: string | null;
        };
        /** @description Speeds, by interval. */
        readonly HistorySpeeds: {
            /** @constant */
            readonly resource: "speeds";
            readonly metric: string;
            /** @description Start of the first interval: the range is widened to whole ones. */
            readonly from: number;
            /** @description End of the last. */
            readonly to: number;
            readonly interval: string;
            readonly timeZone: string;
            readonly by: readonly string[];
            /** @description Tables that the figures come from. */
            readonly rollUps: readonly ("day" | "hour" | "minute")[];
            readonly rows: readonly {
                readonly start: number;
                /** @description Not within the interval any more. */
                readonly end: number;
                /**
                 * @description Where rows are by camera.
                 * @example north-gate
                 */
                readonly camera?: string;
                /** @description Line or zone, where rows are by place. */
                readonly place?: string | null;
                /** @description Class of the objects, where rows are by label; null in a row that has nothing to tell. */
                readonly label?: string | null;
                /** @description Objects measured; null where nobody looked. */
                readonly n: number | null;
                /** @description km/h. */
                readonly mean: number | null;
                /** @description km/h, from bins 5 km/h wide. */
                readonly p50: number | null;
                /** @description km/h that 85 % do not exceed, from bins 5 km/h wide. */
                readonly v85: number | null;
                /** @description km/h. */
                readonly min: number | null;
                /** @description km/h. */
                readonly max: number | null;
                /** @description Share of the interval that was observed, of all cameras that are in the row. */
                readonly observedShare: number;
                /** @description Enough was observed by cameras fit to see: the figures can be relied on. */
                readonly valid: boolean;
                /** @description Cameras that observed any of it; not in rows by camera. */
                readonly cameras?: number;
            }[];
            /** @description Cursor of the next page, to be given as `after` with all else unchanged; null at the last. */
            readonly next: string | null;
        };
        /** @description Objects in zones over time, by interval. */
        readonly HistoryOccupancy: {
            /** @constant */
            readonly resource: "occupancy";
            readonly metric: string;
            /** @description Start of the first interval: the range is widened to whole ones. */
            readonly from: number;
            /** @description End of the last. */
            readonly to: number;
            readonly interval: string;
            readonly timeZone: string;
            readonly by: readonly string[];
            /** @description Tables that the figures come from. */
            readonly rollUps: readonly ("day" | "hour" | "minute")[];
            readonly rows: readonly {
                readonly start: number;
                /** @description Not within the interval any more. */
                readonly end: number;
                /**
                 * @description Where rows are by camera.
                 * @example north-gate
                 */
                readonly camera?: string;
                /** @description Where rows are by zone. */
                readonly zone?: string | null;
                /** @description Class of the objects, where rows are by label; null in a row that has nothing to tell. */
                readonly label?: string | null;
                /** @description Over the time observed; of `dwell` over the objects, seconds. */
                readonly mean: number | null;
                /** @description Most at any time; of `dwell` the longest, seconds. */
                readonly max: number | null;
                /** @description Seconds observed, of all zones in the row; of `dwell` objects. Null where nobody looked. */
                readonly n: number | null;
                /** @description Share of the interval that was observed, of all cameras that are in the row. */
                readonly observedShare: number;
                /** @description Enough was observed by cameras fit to see: the figures can be relied on. */
                readonly valid: boolean;
                /** @description Cameras that observed any of it; not in rows by camera. */
                readonly cameras?: number;
            }[];
            /** @description Cursor of the next page, to be given as `after` with all else unchanged; null at the last. */
            readonly next: string | null;
        };
        /** @description Waste by material, by interval. */
        readonly HistoryComposition: {
            /** @constant */
            readonly resource: "composition";
            readonly metric: string;
            /** @description Start of the first interval: the range is widened to whole ones. */
            readonly from: number;
            /** @description End of the last. */
            readonly to: number;
            readonly interval: string;
            readonly timeZone: string;
            readonly by: readonly string[];
            /** @description Tables that the figures come from. */
            readonly rollUps: readonly ("day" | "hour" | "minute")[];
            readonly rows: readonly {
                readonly start: number;
                /** @description Not within the interval any more. */
                readonly end: number;
                /**
                 * @description Where rows are by camera.
                 * @example north-gate
                 */
                readonly camera?: string;
                /** @description Where rows are by material. */
                readonly material?: string | null;
                /** @description Class of the objects, where rows are by label; null in a row that has nothing to tell. */
                readonly label?: string | null;
                /** @description Items; null where nobody looked. */
                readonly items: number | null;
                /** @description Their weight by the settings: number or area. */
                readonly weight: number | null;
                /** @description Of the weight of all materials of the interval (and camera); null where there were no items. */
                readonly share: number | null;
                /** @description Lower end of its 95 % Wilson interval. */
                readonly shareLow: number | null;
                /** @description Upper end. */
                readonly shareHigh: number | null;
                /** @description Items of this row that the stream does not allow. */
                readonly contaminants: number | null;
                /** @description Their share of the weight of all materials. */
                readonly contaminationShare: number | null;
                /** @description Contamination of all materials together: the same in each row of the interval. */
                readonly totalContaminationShare: number | null;
                /** @description Lower end of its 95 % Wilson interval. */
                readonly totalContaminationLow: number | null;
                /** @description Upper end. */
                readonly totalContaminationHigh: number | null;
                /** @description Items too uncertain to be taken on trust. */
                readonly review: number | null;
                /** @description Share of the interval that was observed, of all cameras that are in the row. */
                readonly observedShare: number;
                /** @description Enough was observed by cameras fit to see: the figures can be relied on. */
                readonly valid: boolean;
                /** @description Cameras that observed any of it; not in rows by camera. */
                readonly cameras?: number;
            }[];
            /** @description Cursor of the next page, to be given as `after` with all else unchanged; null at the last. */
            readonly next: string | null;
        };
        /** @description What happened in front of cameras. */
        readonly HistoryEvents: {
            /** @constant */
            readonly resource: "events";
            readonly from: number | null;
            readonly to: number | null;
            readonly rows: readonly {
                readonly at: number;
                /**
                 * @description Name of a camera, chosen by whoever installed it.
                 * @example north-gate
                 */
                readonly camera: string;
                readonly kind: string;
                /** @description Line, zone, `from>to`, incident, condition, light or material, by kind. */
                readonly subject: string;
                /** @description Of crossings the direction’s name, of incidents and health opened or closed, of items whether allowed. */
                readonly direction: string | null;
                readonly label: string | null;
                readonly track: number | null;
                /** @description Speed km/h, dwell s, travel s, or score, by kind. */
                readonly value: number | null;
                readonly event: components["schemas"]["CameraEvent"];
            }[];
            /** @description Cursor of the next page, to be given as `after` with all else unchanged; null at the last. */
            readonly next: string | null;
        };
        /** @description Alerts, by when they were opened. */
        readonly HistoryAlerts: {
            /** @constant */
            readonly resource: "alerts";
            readonly from: number | null;
            readonly to: number | null;
            readonly rows: readonly {
                /** @description `<camera>:<rule>:<opening>`. */
                readonly id: string;
                /**
                 * @description Name of a camera, chosen by whoever installed it.
                 * @example north-gate
                 */
                readonly camera: string;
                readonly rule: string;
                /** @enum {string} */
                readonly severity: "info" | "warning" | "critical";
                /** @enum {string} */
                readonly state: "opened" | "closed";
                readonly openedAt: number;
                readonly closedAt: number | null;
                readonly title: string;
                readonly message: string;
                readonly value: number | null;
                readonly threshold: number | null;
                readonly data: {
                    readonly [key: string]: unknown;
                };
                /** @description Of the annotated picture, relative to the node’s URL. */
                readonly snapshotPath: string | null;
                readonly acknowledgedAt: number | null;
                readonly acknowledgedBy: string | null;
            }[];
            /** @description Cursor of the next page, to be given as `after` with all else unchanged; null at the last. */
            readonly next: string | null;
        };
        /** @description One member of the cluster. */
        readonly Member: {
            readonly node: string;
            /** @description Its lease has not ended. */
            readonly alive: boolean;
            readonly coordinator: boolean;
            /** @description It is to get no more shards, and to lose those it has. */
            readonly cordoned: boolean;
            /** @description It stops, and hands its shards over. */
            readonly draining: boolean;
            /** @description Shards it owns. */
            readonly shards: number;
            /** @description Hand-offs under way to it. */
            readonly movesIn: number;
            readonly movesOut: number;
            /** @description What follows it said itself, null where it never did. */
            readonly cameras: number | null;
            readonly capacityFps: number | null;
            readonly demandFps: number | null;
            readonly rung: number | null;
            readonly version: string | null;
            readonly startedAt: number | null;
            /** @description Names this life of the node. */
            readonly incarnation: string | null;
            /** @description Where cameras reach it. */
            readonly advertiseUrl: string | null;
            readonly linkUrl: string | null;
            /** @description Newest shard map it has seen. */
            readonly mapVersion: number | null;
        };
        /** @description One shard. */
        readonly Shard: {
            readonly shard: number;
            /** @description Its owner; null before the first allocation. */
            readonly node: string | null;
            /** @description Fencing token: grows when the owner changes. 0: never owned. */
            readonly epoch: number;
            /** @enum {string} */
            readonly state: "unowned" | "starting" | "moving" | "running";
            /** @description The hand-off that has begun. */
            readonly move: {
                readonly id: string;
                readonly to: string;
                readonly why: string;
            } | null;
            /** @description The operator wants it there. */
            readonly pin: string | null;
            /** @description Where the owner took its state from. */
            readonly from: {
                /** @constant */
                readonly kind: "nothing";
            } | {
                /** @constant */
                readonly kind: "hand-off";
                readonly node: string;
                readonly move: string;
            } | {
                /** @constant */
                readonly kind: "takeover";
                readonly node: string;
            };
            /** @description Null where the owner did not answer. */
            readonly cameras: number | null;
        };
        readonly Cluster: {
            readonly name: string;
            /** @enum {string} */
            readonly kind: "local" | "redis";
            /** @description The node that answers. */
            readonly node: string;
            readonly coordinator: string | null;
            /** @description The answering node holds the office. */
            readonly coordinates: boolean;
            readonly mapVersion: number;
            readonly shardCount: number;
            readonly shards: {
                readonly unowned: number;
                readonly starting: number;
                readonly moving: number;
                readonly running: number;
            };
            readonly pinned: number;
            readonly moves: readonly {
                readonly shard: number;
                readonly from: string | null;
                readonly to: string;
                readonly why: string;
            }[];
            readonly members: readonly components["schemas"]["Member"][];
            /** @description Of the node that answers. */
            readonly lease: {
                readonly held: boolean;
                /** @description It serves without the store, as all others lack it too. */
                readonly islanded: boolean;
                readonly remainingMs: number | null;
            };
        };
        readonly Shards: {
            /** @description Grows with each change of the map. */
            readonly version: number;
            readonly shards: readonly components["schemas"]["Shard"][];
            /** @description Nodes that did not answer: the cameras of theirs are null. */
            readonly missing: readonly string[];
        };
        readonly ShardDetail: {
            readonly shard: number;
            /** @description Its owner; null before the first allocation. */
            readonly node: string | null;
            /** @description Fencing token: grows when the owner changes. 0: never owned. */
            readonly epoch: number;
            /** @enum {string} */
            readonly state: "unowned" | "starting" | "moving" | "running";
            /** @description The hand-off that has begun. */
            readonly move: {
                readonly id: string;
                readonly to: string;
                readonly why: string;
            } | null;
            /** @description The operator wants it there. */
            readonly pin: string | null;
            /** @description Where the owner took its state from. */
            readonly from: {
                /** @constant */
                readonly kind: "nothing";
            } | {
                /** @constant */
                readonly kind: "hand-off";
                readonly node: string;
                readonly move: string;
            } | {
                /** @constant */
                readonly kind: "takeover";
                readonly node: string;
            };
            /** @description Null where the owner did not answer. */
            readonly cameras: number | null;
            /** @description Of the map when this shard last changed. */
            readonly version: number;
            readonly cameraIds: readonly string[];
        };
        readonly MoveRequest: {
            readonly shard: number;
            readonly to: string;
            /** @description For the event log. */
            readonly why?: string;
        };
        readonly PinRequest: {
            readonly node: string;
            /** @description For the event log. */
            readonly why?: string;
        };
        readonly Reason: {
            /** @description For the event log. */
            readonly why?: string;
        };
        readonly OrderDone: {
            /**
             * @description begun: it goes on, watch the shards.
             * @enum {string}
             */
            readonly answer: "done" | "begun";
        };
        readonly RebalanceRequest: {
            /**
             * @description Only say what would move.
             * @default false
             */
            readonly dryRun: boolean;
            /** @description For the event log. */
            readonly why?: string;
            /** @description These moves, as shown to whoever agreed to them; what the cluster plans now where absent. */
            readonly moves?: readonly {
                readonly shard: number;
                readonly from: string | null;
                readonly to: string;
                /** @description `initial`, `dead`, `drain`, `cordon`, `pin`, `balance`. */
                readonly why: string;
            }[];
        };
        readonly Rebalanced: {
            /** @description Null where nothing moves, or only the plan was asked for. */
            readonly round: string | null;
            readonly moves: readonly {
                readonly shard: number;
                readonly from: string | null;
                readonly to: string;
                /** @description `initial`, `dead`, `drain`, `cordon`, `pin`, `balance`. */
                readonly why: string;
            }[];
        };
        readonly Plan: {
            readonly moves: readonly {
                readonly shard: number;
                readonly from: string | null;
                readonly to: string;
                /** @description `initial`, `dead`, `drain`, `cordon`, `pin`, `balance`. */
                readonly why: string;
            }[];
        };
        readonly Rounds: {
            readonly rounds: readonly components["schemas"]["Round"][];
        };
        /** @description One round of moves. */
        readonly Round: {
            readonly id: string;
            readonly why: string;
            readonly who: string;
            readonly submittedAt: number;
            /** @enum {string} */
            readonly state: "waiting" | "active" | "completed" | "failed" | "cancelled";
            readonly moves: readonly {
                readonly shard: number;
                readonly from: string | null;
                readonly to: string;
                /** @enum {string} */
                readonly state: "waiting" | "active" | "completed" | "failed" | "cancelled";
                /** @description begun, sealed, stopped, started. */
                readonly step: string | null;
                readonly attempts: number;
                readonly error: string | null;
            }[];
        };
        readonly RoundCancelled: {
            /** @description Moves that had not begun. */
            readonly cancelled: number;
        };
        readonly ClusterEvents: {
            readonly items: readonly {
                readonly id: string;
                readonly at: number;
                /** @description Who noted it. */
                readonly node: string;
                /** @enum {string} */
                readonly severity: "info" | "warning" | "critical";
                readonly kind: string;
                /** @description One sentence, for people. */
                readonly message: string;
                /** @description Of an operator’s action. */
                readonly who: string | null;
                readonly why: string | null;
                readonly data: {
                    readonly [key: string]: string | number | boolean | null;
                };
            }[];
            readonly next: string | null;
        };
        /** @description Whether there should be more nodes, or fewer. */
        readonly Autoscale: {
            readonly cluster: string;
            readonly demandFps: number;
            readonly capacityFps: number;
            /** @description demand / capacity. */
            readonly utilisation: number;
            readonly nodes: number;
            readonly desiredNodes: number;
            /** @enum {string} */
            readonly recommendation: "scale_up" | "hold" | "scale_down";
            readonly triggers: readonly {
                /** @enum {string} */
                readonly name: "gpu_busy" | "latency_p99" | "queue_depth" | "quiet";
                readonly sinceMs: number;
                readonly value: number;
            }[];
            readonly perNode: readonly {
                readonly node: string;
                readonly demandFps: number;
                readonly capacityFps: number;
                /** @description demand / capacity. */
                readonly utilisation: number;
            }[];
        };
        /** @description One object found in a picture. */
        readonly Detection: {
            /**
             * @description Name of the class, in the words of the model.
             * @example car
             */
            readonly label: string;
            /** @description Class number within the model. */
            readonly classId: number;
            /** @description Confidence of the model, rounded to three decimals. */
            readonly score: number;
            /** @description Left, top, right, bottom as shares of the upright picture’s width and height, four decimals. */
            readonly box: readonly [
                number,
                number,
                number,
                number
            ];
            /** @description The object it belongs to, followed over frames; absent before there is one. */
            readonly track?: number;
        };
        /** @description Something that happened in front of a camera. */
        readonly CameraEvent: {
            /** @constant */
            readonly kind: "line_crossed";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @description Line of the camera’s settings. */
            readonly line: string;
            /**
             * @description Forward is from the left to the right hand of the way from the line’s first point to its second.
             * @enum {string}
             */
            readonly direction: "forward" | "backward";
            /** @description What the settings call that direction. */
            readonly name: string;
            /** @description Number of the object it is about, as detections carry it. */
            readonly track: number;
            /** @description Class of the object. */
            readonly label: string;
            /** @description Null without a ground plane, or where it could not be told. */
            readonly speedKmh: number | null;
        } | {
            /** @constant */
            readonly kind: "zone_entered";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @description Zone of the settings. */
            readonly zone: string;
            /** @description Number of the object it is about, as detections carry it. */
            readonly track: number;
            /** @description Class of the object. */
            readonly label: string;
        } | {
            /** @constant */
            readonly kind: "zone_left";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @description Zone of the settings. */
            readonly zone: string;
            /** @description Number of the object it is about, as detections carry it. */
            readonly track: number;
            /** @description Class of the object. */
            readonly label: string;
            /** @description How long it was inside, s. */
            readonly dwellS: number;
        } | {
            /** @constant */
            readonly kind: "route_taken";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @description The line it crossed first. */
            readonly from: string;
            /** @description The line it crossed then. */
            readonly to: string;
            /** @description Number of the object it is about, as detections carry it. */
            readonly track: number;
            /** @description Class of the object. */
            readonly label: string;
            /** @description From one to the other, s. */
            readonly travelS: number;
        } | {
            /** @constant */
            readonly kind: "incident";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @enum {string} */
            readonly incident: "stopped_vehicle" | "wrong_way" | "pedestrian_on_road" | "sudden_slowdown" | "congestion";
            /** @enum {string} */
            readonly state: "opened" | "closed";
            /** @description The same at its beginning and its end. */
            readonly number: number;
            readonly zone: string | null;
            readonly track: number | null;
            readonly label: string | null;
            /** @description One sentence with the figures. */
            readonly detail: string;
        } | {
            /** @constant */
            readonly kind: "health";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @enum {string} */
            readonly condition: "black" | "frozen" | "blurred" | "washed_out" | "moved" | "covered" | "offline";
            /** @enum {string} */
            readonly state: "opened" | "closed";
            /** @description One sentence with the figures. */
            readonly detail: string;
        } | {
            /** @constant */
            readonly kind: "daylight";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @enum {string} */
            readonly light: "day" | "night";
        } | {
            /** @constant */
            readonly kind: "item";
            /** @description Event time, ms since the Unix epoch. */
            readonly atMs: number;
            /** @description Number of the object it is about, as detections carry it. */
            readonly track: number;
            /** @description Class of the object. */
            readonly label: string;
            /** @description By the taxonomy. */
            readonly material: string;
            /** @description Mean over its frames. */
            readonly score: number;
            /** @description Whether its material belongs into the stream. */
            readonly allowed: boolean;
            /** @description Too uncertain to be taken on trust. */
            readonly review: boolean;
        };
        /** @description Account of frames: received = inferred + gated + shed + rejected + lost + inFlight, always. A reason that never happened is absent. */
        readonly Ledger: {
            /** @description Frames that came in, good or bad. */
            readonly received: number;
            /** @description Frames analysed. */
            readonly inferred: number;
            /** @description Frames skipped because nothing moved. */
            readonly gated: number;
            /** @description Frames dropped for load, by reason. */
            readonly shed: {
                readonly [key: string]: number;
            };
            /** @description Frames refused because they are bad, by reason. */
            readonly rejected: {
                readonly [key: string]: number;
            };
            /** @description Frames lost to a fault of the node, by reason. */
            readonly lost: {
                readonly [key: string]: number;
            };
            /** @description Frames not settled yet. */
            readonly inFlight: number;
        };
        /** @description One camera. */
        readonly Camera: {
            /**
             * @description Name of a camera, chosen by whoever installed it.
             * @example north-gate
             */
            readonly camera: string;
            readonly shard: number;
            /** @description Who serves it. */
            readonly node: string;
            /** @description Who has its socket: the same, but for cameras that follow no redirect. */
            readonly via: string;
            /** @description Whether it has a socket or a request open right now. */
            readonly connected: boolean;
            /** @description Pictures received per second, over the last seconds. */
            readonly fpsIn: number;
            /** @description Results per second, over the last seconds. */
            readonly fpsOut: number;
            /** @description Pictures per second asked of it now. */
            readonly targetFps: number;
            /**
             * @description How it ranks under overload: `flow.priorities`.
             * @enum {string}
             */
            readonly priority: "critical" | "normal" | "low";
            /** @description Crashes of the node during which a frame of it was on a device. */
            readonly crashes: number;
            /** @description The device that serves it; null before its first frame. */
            readonly device: string | null;
            /** @description Smoothed latency of results; null before the first. */
            readonly latencyMs: number | null;
            /** @description Of the last good picture, upright, pixels; null before the first. */
            readonly width: number | null;
            readonly height: number | null;
            /** @description When the last frame came, ms since the Unix epoch; null before the first. */
            readonly lastFrameAt: number | null;
            readonly ledger: components["schemas"]["Ledger"];
        };
        /** @description One device of a node. */
        readonly Device: {
            /** @example cpu-0 */
            readonly device: string;
            /**
             * @description What it runs on.
             * @example cuda
             * @example cpu
             * @example simulated
             */
            readonly kind: string;
            /** @description What it was to run on; absent where that is what it runs on. */
            readonly configuredKind?: string;
            /** @enum {string} */
            readonly state: "starting" | "ready" | "failed" | "stopped";
            /**
             * @description Open after repeated failures: its cameras are on other devices until a probe succeeds.
             * @enum {string}
             */
            readonly breaker: "closed" | "open" | "half_open";
            /** @description `name@version` of what it runs. */
            readonly model: string;
            /** @description Side of the square the model sees now, pixels. */
            readonly inputSize: number;
            /** @description Largest batch it may run now, frames. */
            readonly batchMax: number;
            /** @description Of the card, or of the control group of a CPU node; null where it cannot be read. */
            readonly memory: {
                readonly totalBytes: number;
                /** @description By everybody. */
                readonly usedBytes: number;
                /** @description By this process; null where it cannot be told apart. */
                readonly ownBytes: number | null;
                /** @description By everybody when the largest batch allowed runs; null before that is known. */
                readonly plannedPeakBytes: number | null;
                /** @description What that may come to at most: `memory.shareMax` of the total, less what is reserved. */
                readonly limitBytes: number;
            } | null;
            /** @description Times memory ran out. */
            readonly outOfMemory: number;
            /** @description Times its sessions were made anew to give memory back. */
            readonly renewals: number;
            /** @description Cameras with a frame waiting. */
            readonly pending: number;
            readonly inFlightBatches: number;
            /** @description Frames run per second, over the last seconds. */
            readonly fps: number;
            /** @description Mean frames per batch, over the last seconds. */
            readonly batchSize: number;
            /** @description Mean run time per batch, over the last seconds. */
            readonly computeMs: number;
            /** @description Mean time a frame waited from its reception until it was picked, over the last seconds. */
            readonly queueMs: number;
            /** @description Share of the last seconds in which a batch ran. */
            readonly busyShare: number;
            /** @description Sizes of batches it was warmed with, and others that ran; ascending. */
            readonly buckets: readonly {
                readonly frames: number;
                /** @description Batches of that size run since the process began. */
                readonly batches: number;
                /** @description Run time at the input size of now; null before anything was measured. */
                readonly expectedMs: number | null;
            }[];
        };
        /** @description One node. */
        readonly Node: {
            /** @constant */
            readonly type: "stats";
            readonly node: string;
            /** @description What `/readyz` says. */
            readonly ready: boolean;
            readonly uptimeMs: number;
            /** @description Cameras with a connection or an actor. */
            readonly cameras: number;
            /** @description Camera sockets open. */
            readonly connections: number;
            readonly fpsIn: number;
            readonly fpsOut: number;
            /** @description Percentiles over the last seconds; null where nothing was answered. */
            readonly latencyMs: {
                readonly p50: number;
                readonly p99: number;
            } | null;
            readonly ledger: components["schemas"]["Ledger"];
            readonly devices: readonly components["schemas"]["Device"][];
            readonly member: components["schemas"]["Member"];
        };
        /** @description What was found in one picture. */
        readonly Result: {
            /** @constant */
            readonly type: "result";
            /** @description 1, or the number in the CSF1 envelope where the body has one. */
            readonly seq: number;
            /** @description Where the CSF1 envelope said it. */
            readonly capturedAt?: number;
            /** @description When the node had it, ms since the Unix epoch. */
            readonly receivedAt: number;
            /** @description From reception to this answer. */
            readonly latencyMs: number;
            /** @description `name@version`. */
            readonly model: string;
            /** @description Best scores first; may be empty. */
            readonly detections: readonly components["schemas"]["Detection"][];
            /** @description What happened with this picture, if anything. */
            readonly events?: readonly components["schemas"]["CameraEvent"][];
        };
        /** @description Nothing moves: the picture was not analysed. */
        readonly Gated: {
            /** @constant */
            readonly type: "gated";
            readonly seq: number;
        };
        /** @description RFC 9457 problem details. */
        readonly Problem: {
            /** @constant */
            readonly type: "about:blank";
            /** @description The status in words. */
            readonly title: string;
            readonly status: number;
            /** @description Stable, for programs. docs/protocol.md lists them all. */
            readonly code: string;
            /** @description For people; may change. */
            readonly detail: string;
            /** @description With `bad_query`: what of the query string is wrong. */
            readonly parameter?: string;
            /** @description With `settings_refused`: all that is wrong with the document. */
            readonly faults?: readonly {
                /**
                 * @description Of the key in the document.
                 * @example lines[0].to
                 */
                readonly path: string;
                readonly code: string;
                readonly message: string;
                /** @description Of the document, where it is known. */
                readonly line?: number;
            }[];
            /** @description With `version_conflict`: the version there is; 0 for none. */
            readonly version?: number;
        };
        readonly Health: {
            /** @constant */
            readonly status: "ok";
            readonly version: string;
        };
        readonly Ready: {
            /** @constant */
            readonly status: "ready";
        };
        readonly CameraPage: {
            readonly cameras: readonly components["schemas"]["Camera"][];
            /** @description Cursor of the next page, to be given as `after`; null at the last. */
            readonly next: string | null;
            /** @description Nodes that did not answer, whose part is missing; absent where all did. */
            readonly away?: readonly {
                readonly node: string;
                readonly code: string;
            }[];
        };
        readonly LedgerPage: {
            /** @description By camera; those of this page. */
            readonly cameras: {
                readonly [key: string]: components["schemas"]["Ledger"];
            };
            /** @description Sums of cameras that left; kept until the node ends. */
            readonly folded: components["schemas"]["Ledger"];
            /** @description Of all nodes: folded and all cameras, on every page. */
            readonly total: components["schemas"]["Ledger"];
            /** @description Cursor of the next page, to be given as `after`; null at the last. */
            readonly next: string | null;
            /** @description Nodes that did not answer, whose part is missing; absent where all did. */
            readonly away?: readonly {
                readonly node: string;
                readonly code: string;
            }[];
        };
        readonly Nodes: {
            readonly nodes: readonly components["schemas"]["Node"][];
            /** @description Members that did not answer. */
            readonly away: readonly components["schemas"]["AwayNode"][];
        };
        /** @description A member that did not answer. */
        readonly AwayNode: {
            readonly node: string;
            /**
             * @description `dead`, or why it could not be asked.
             * @example peer_timeout
             */
            readonly why: string;
            readonly member: components["schemas"]["Member"];
        };
        readonly Models: {
            readonly models: readonly {
                /** @description `name@version`. */
                readonly model: string;
                /** @description Side of the square it sees without overload, pixels. */
                readonly inputSize: number;
                /** @description Those the node falls back to under overload. */
                readonly smallerInputSizes: readonly number[];
                /** @enum {string} */
                readonly precision: "float32" | "float16" | "int8";
                readonly labels: readonly string[];
                readonly serves: boolean;
            }[];
        };
        /** @description How far the node has stepped down its ladder, and why. */
        readonly Overload: {
            readonly node: string;
            /** @description Where the node stands: an index into `rungs`; 0 is without any limitation. */
            readonly rung: number;
            /** @description Each keeps what those before it do. */
            readonly rungs: readonly {
                /** @enum {string} */
                readonly kind: "normal" | "lower_fps" | "smaller_input" | "shed_low" | "refuse_new";
                /** @description Side of the model’s input on this rung, pixels. */
                readonly inputSize: number;
            }[];
            /** @description When this rung was taken. */
            readonly sinceAt: number;
            /** @description Why it stands there and what it would take to leave; for people. */
            readonly why: string;
            readonly load: {
                /** @description What cameras send. */
                readonly receivedFps: number;
                /** @description What they would be asked for were there capacity without end. */
                readonly wantedFps: number;
                /** @description The sum of the rates handed out with the credits. */
                readonly grantedFps: number;
                /** @description What the ready devices sustain at the input size of this rung, as measured. */
                readonly capacityFps: number;
                /** @description Of the frames that cameras may expect to have analysed, the share that is: what the ladder goes by. */
                readonly satisfaction: number;
                /** @description Share of frames that left the queue later than `queueDelayMsMax`. */
                readonly lateShare: number;
                readonly queueDelayMsMax: number;
            };
        };
        readonly Events: {
            /** @description When the process began to count: ids begin again where it has changed. */
            readonly since: number;
            /** @description Oldest first. */
            readonly events: readonly {
                /** @description Counts up from 1 over the life of the process. */
                readonly id: number;
                readonly at: number;
                /** @enum {string} */
                readonly severity: "info" | "warning" | "critical";
                /** @enum {string} */
                readonly kind: "rung_changed" | "device_ready" | "device_failed" | "device_out_of_memory" | "device_renewed" | "breaker_opened" | "breaker_half_open" | "breaker_closed" | "device_abandoned" | "frame_quarantined" | "camera_disconnected" | "outbox_failing" | "outbox_working" | "settings_changed" | "settings_refused" | "audit_broken" | "history_down" | "history_up" | "history_pool_tight" | "history_records_dropped" | "history_record_aside" | "cluster";
                /** @description One sentence, for people. */
                readonly message: string;
                readonly data: {
                    readonly [key: string]: string | number | boolean | null;
                };
            }[];
            /** @description Id of the newest event there is; 0 where none has happened. */
            readonly lastId: number;
        };
        /** @description Pictures under suspicion. */
        readonly Quarantine: {
            readonly frames: readonly {
                /** @description Of its bytes. */
                readonly hash: string;
                /**
                 * @description Quarantined: not taken again.
                 * @enum {string}
                 */
                readonly state: "suspect" | "quarantined";
                /** @description Crashes of the node it was in flight in. */
                readonly crashes: number;
                /**
                 * @description Name of a camera, chosen by whoever installed it.
                 * @example north-gate
                 */
                readonly camera: string;
                readonly bytes: number;
                readonly lastAt: number;
                /** @description File in `DATA/quarantine`; null where it was not kept. */
                readonly picture: string | null;
            }[];
            readonly cameras: readonly {
                /**
                 * @description Name of a camera, chosen by whoever installed it.
                 * @example north-gate
                 */
                readonly camera: string;
                /** @description Crashes of the node it was in flight in. */
                readonly crashes: number;
                readonly lastAt: number;
            }[];
            /** @description Frames refused as `quarantined` since the process began. */
            readonly rejected: number;
        };
        readonly QuarantineClear: {
            /** @description One of them; all where absent. */
            readonly hash?: string;
        };
        readonly QuarantineCleared: {
            readonly cleared: number;
        };
        readonly Fault: {
            /** @description A kind that needs no numbers by its name, any as an object; `gc` collects garbage. */
            readonly fault: ("exit" | "throw" | "hang" | "hang_native" | "crash" | "gc") | ({
                /** @enum {string} */
                readonly kind: "exit" | "throw" | "hang" | "hang_native" | "crash";
            } | {
                /** @constant */
                readonly kind: "out_of_memory";
                readonly framesAbove: number;
                readonly times: number;
            } | {
                /** @constant */
                readonly kind: "start_fails";
                readonly times: number;
            });
            /** @description The first device where absent. */
            readonly device?: string;
        };
        readonly FaultDone: {
            readonly device: string;
            readonly fault: {
                /** @enum {string} */
                readonly kind: "exit" | "throw" | "hang" | "hang_native" | "crash";
            } | {
                /** @constant */
                readonly kind: "out_of_memory";
                readonly framesAbove: number;
                readonly times: number;
            } | {
                /** @constant */
                readonly kind: "start_fails";
                readonly times: number;
            };
        } | {
            readonly collected: boolean;
            readonly memoryUsage: {
                readonly [key: string]: number;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Alert = components['schemas']['Alert'];
export type AlertPage = components['schemas']['AlertPage'];
export type AlertDelivery = components['schemas']['AlertDelivery'];
export type CameraSettings = components['schemas']['CameraSettings'];
export type SettingsPage = components['schemas']['SettingsPage'];
export type SettingsValid = components['schemas']['SettingsValid'];
export type SettingsPut = components['schemas']['SettingsPut'];
export type SettingsRemoved = components['schemas']['SettingsRemoved'];
export type SettingsVersions = components['schemas']['SettingsVersions'];
export type AuditPage = components['schemas']['AuditPage'];
export type AuditVerdict = components['schemas']['AuditVerdict'];
export type HistoryCounts = components['schemas']['HistoryCounts'];
export type HistorySpeeds = components['schemas']['HistorySpeeds'];
export type HistoryOccupancy = components['schemas']['HistoryOccupancy'];
export type HistoryComposition = components['schemas']['HistoryComposition'];
export type HistoryEvents = components['schemas']['HistoryEvents'];
export type HistoryAlerts = components['schemas']['HistoryAlerts'];
export type Member = components['schemas']['Member'];
export type Shard = components['schemas']['Shard'];
export type Cluster = components['schemas']['Cluster'];
export type Shards = components['schemas']['Shards'];
export type ShardDetail = components['schemas']['ShardDetail'];
export type MoveRequest = components['schemas']['MoveRequest'];
export type PinRequest = components['schemas']['PinRequest'];
export type Reason = components['schemas']['Reason'];
export type OrderDone = components['schemas']['OrderDone'];
export type RebalanceRequest = components['schemas']['RebalanceRequest'];
export type Rebalanced = components['schemas']['Rebalanced'];
export type Plan = components['schemas']['Plan'];
export type Rounds = components['schemas']['Rounds'];
export type Round = components['schemas']['Round'];
export type RoundCancelled = components['schemas']['RoundCancelled'];
export type ClusterEvents = components['schemas']['ClusterEvents'];
export type Autoscale = components['schemas']['Autoscale'];
export type Detection = components['schemas']['Detection'];
export type CameraEvent = components['schemas']['CameraEvent'];
export type Ledger = components['schemas']['Ledger'];
export type Camera = components['schemas']['Camera'];
export type Device = components['schemas']['Device'];
export type Node = components['schemas']['Node'];
export type Result = components['schemas']['Result'];
export type Gated = components['schemas']['Gated'];
export type Problem = components['schemas']['Problem'];
export type Health = components['schemas']['Health'];
export type Ready = components['schemas']['Ready'];
export type CameraPage = components['schemas']['CameraPage'];
export type LedgerPage = components['schemas']['LedgerPage'];
export type Nodes = components['schemas']['Nodes'];
export type AwayNode = components['schemas']['AwayNode'];
export type Models = components['schemas']['Models'];
export type Overload = components['schemas']['Overload'];
export type Events = components['schemas']['Events'];
export type Quarantine = components['schemas']['Quarantine'];
export type QuarantineClear = components['schemas']['QuarantineClear'];
export type QuarantineCleared = components['schemas']['QuarantineCleared'];
export type Fault = components['schemas']['Fault'];
export type FaultDone = components['schemas']['FaultDone'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
