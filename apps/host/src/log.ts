/** One thing that happened, for whoever keeps the log. Never a secret, never a guest's raw text. */
export interface LogEntry {
  readonly level: 'info' | 'warning'
  readonly event: string
  readonly vm: string | null
  readonly message: string
}

export type Log = (entry: LogEntry) => void
