/** What the main thread and the thread of the embedded database say to each other. */
export interface ThreadData {
  /** Folder of the database's files. */
  readonly dir: string;
}

export type ToThread =
  | { readonly kind: 'query'; readonly id: number; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly unknown[]; readonly affected: number }
  /** `sqlState` where it is the database's word; undefined for a fault of the thread. */
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly sqlState: string | undefined }
  | { readonly kind: 'not_ready'; readonly message: string }
  | { readonly kind: 'closed' };
