/** What files on a host are named by on record. */
export type HostFileKind = 'disk' | 'snapshot' | 'restorePoint' | 'image'

/** A file that a record names: by the id of a disk or snapshot, a restore point's own name, an image's `sha256:…`. */
export interface NamedFile {
  readonly kind: HostFileKind
  readonly name: string
}

/** A file on a host that no record names: of what was killed half-way, or could not be undone. */
export interface Leftover {
  readonly kind: HostFileKind
  /** What the host calls it. */
  readonly name: string
  /** What it takes. */
  readonly bytes: number
  /** When its host last changed anything of it: `st_ctime`, which nobody sets. Milliseconds since 1970. */
  readonly changedAt: number
}

/** What lies on a host and no record names. */
export interface LeftoverDriver {
  /** The files that no record names. `named` is asked once they are all listed: what is made meanwhile is on record first. */
  leftovers(named: () => AsyncIterable<NamedFile>): Promise<readonly Leftover[]>
  /**
   * Removes a file that no record names, unless it changed since, a VM has it, or `isSomebodys`: asked when nobody is
   * about to become so. @returns whether it went.
   */
  removeLeftover(file: Leftover, isSomebodys: () => Promise<boolean>): Promise<boolean>
}
