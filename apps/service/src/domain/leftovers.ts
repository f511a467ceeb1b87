import { accessOf, copyOf } from './disk/access.ts'
import { everyOf } from './every-of.ts'
import type { Leftover, NamedFile } from './host/leftovers.ts'
import { IMAGE_TYPES, keptOf, userOf } from './image/image.ts'
import { everyMachine } from './machines.ts'
import { DISK_POINT, POINT, pointStateOf } from './snapshot/restore-point.ts'
import { SNAPSHOT } from './snapshot/snapshot.ts'
import type { Resource, Tables } from './store.ts'
import { DISK } from './vm/disk-row.ts'
import { textAt } from './vm/vm.ts'

/** So long a file that no record names is left alone: whoever looks for what went wrong finds it. */
const KEPT_MS = 24 * 60 * 60 * 1000

/** How many files on a host no record names, and what they take. */
export interface LeftoverCount {
  readonly count: number
  readonly bytes: number
}

const keyOf = (host: string) => `host/${host}/leftovers`

/** As who drives the host last told; nobody has looked: none. */
export async function leftoversOf(
  { values }: Pick<Tables, 'values'>,
  host: string,
): Promise<LeftoverCount> {
  const told = await values.get(keyOf(host))
  return told === null ? { count: 0, bytes: 0 } : JSON.parse(new TextDecoder().decode(told))
}

/** Written down where it is another than before. */
export async function keepLeftovers(
  tables: Pick<Tables, 'values'>,
  host: string,
  files: readonly Leftover[],
): Promise<void> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const now: LeftoverCount = { count: files.length, bytes }
  const was = await leftoversOf(tables, host)
  if (was.count === now.count && was.bytes === now.bytes) return
  await tables.values.put(keyOf(host), new TextEncoder().encode(JSON.stringify(now)))
}

/** All that records name, page by page: what VMs are made of, too, whose image may be gone. */
export async function* namedFiles(tables: Pick<Tables, 'resources'>): AsyncGenerator<NamedFile> {
  const namedBy = async function* (type: string, nameOf: (row: Resource) => NamedFile | null) {
    for await (const row of everyOf(tables, { type })) {
      const named = nameOf(row)
      if (named !== null) yield named
    }
  }
  yield* namedBy(DISK, ({ id }) => ({ kind: 'disk', name: id }))
  for (const type of [DISK, DISK_POINT])
    yield* namedBy(type, (row) =>
      accessOf(row)?.level === 'Read' ? { kind: 'snapshot', name: copyOf(row.id) } : null,
    )
  yield* namedBy(SNAPSHOT, ({ id }) => ({ kind: 'snapshot', name: id }))
  yield* namedBy(POINT, (row) => ({ kind: 'restorePoint', name: pointStateOf(row).point }))
  for (const type of IMAGE_TYPES) yield* namedBy(type, (row) => imageNamed(keptOf(row)?.name))
  for await (const vm of everyMachine(tables)) {
    const named = imageNamed(textAt(vm.state, 'image') ?? undefined)
    if (named !== null) yield named
  }
}

function imageNamed(name: string | undefined): NamedFile | null {
  return name === undefined ? null : { kind: 'image', name }
}

/** Whether it has lain there long enough to go. */
export function isOld({ changedAt }: Leftover, now: number): boolean {
  return changedAt < now - KEPT_MS
}

/** Whether it may be somebody's after all: of what is being done nothing is known before it is over. */
export async function mayBeSomebodys(tables: Tables, { kind, name }: Leftover): Promise<boolean> {
  if ((await tables.operations.countUnfinished()) > 0) return true
  return kind === 'image' && (await userOf(tables, name, '')) !== null
}
