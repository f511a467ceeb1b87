import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { RESTORED, unknownMachines } from '../domain/restored.ts'
import { StoreError } from '../domain/store.ts'
import { REMEMBERED, restored } from '../domain/vm/remembered.ts'
import { copyRows, isEmpty } from './copy.ts'
import type { Engine } from './engine.ts'
import { openEngine, openUnchanged, type StoreOptions } from './open-engine.ts'
import type { Database } from './schema.ts'

/**
 * One moment of a database, while others go on writing, as an SQLite file that its owner alone can read.
 * It is there once it is whole and on the disk.
 * @throws {StoreError} `store-exists`: the file is there already.
 */
export async function backUp(engine: Engine, path: string): Promise<void> {
  if (existsSync(path)) throw new StoreError('store-exists', `${path} is there already`)
  const part = `${path}.part`
  remove(part)
  try {
    const copy = await openEngine({ path: part })
    try {
      await engine.snapshot((from) => copy.transaction((to) => copyRows(from, to)))
    } finally {
      await copy.close()
    }
    if (existsSync(`${part}-wal`)) throw new Error(`${part} is not whole`)
    sync(part)
    renameSync(part, path)
    sync(dirname(path))
  } finally {
    remove(part)
  }
}

/**
 * `backUp` of a database that is not open here, and which stays as it is.
 * @throws {StoreError} `store-exists`, `store-older`, `store-newer`, `store-unavailable`, `store-busy`
 */
export async function backUpStore(from: StoreOptions, path: string): Promise<void> {
  const engine = await openUnchanged(from)
  try {
    await backUp(engine, path)
  } catch (error) {
    throw engine.told(error)
  } finally {
    await engine.close()
  }
}

/**
 * Fills a new database, of either kind, from a backup of either kind and this or an older program: all or nothing.
 * The backup stays as it is. The database is marked as restored: it may be older than the machines on its host.
 * @throws {StoreError} `store-exists`: the database has something in it. `store-missing`: there is no backup.
 * `store-newer`, `store-unavailable`, `store-busy`
 */
export async function restoreStore(backup: string, into: StoreOptions): Promise<void> {
  if (!existsSync(backup)) throw new StoreError('store-missing', `there is no ${backup}`)
  const target = await openEngine(into)
  const folder = mkdtempSync(`${backup}.restoring-`)
  try {
    const path = join(folder, 'copy')
    copyFileSync(backup, path)
    const source = await openEngine({ path })
    try {
      await target.transaction(async (to) => {
        if (!(await isEmpty(to)))
          throw new StoreError('store-exists', 'the database to restore into has something in it')
        await source.snapshot((from) => copyRows(from, to))
        await mark(to)
      })
    } finally {
      await source.close()
    }
  } catch (error) {
    throw target.told(error)
  } finally {
    rmSync(folder, { recursive: true })
    await target.close()
  }
}

async function mark(to: Database): Promise<void> {
  await forgetWhatWentOn(to)
  const value = unknownMachines([])
  await to
    .insertInto('stored_values')
    .values({ name: RESTORED, value, expires_at: null })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}

/** VMs proved themselves since, and their vTPMs went on: what they hold now is taken as it is, as at first. */
async function forgetWhatWentOn(to: Database): Promise<void> {
  const like = await to
    .selectFrom('stored_values')
    .selectAll()
    .where('name', 'like', `${REMEMBERED}%`)
    .execute()
  for (const { name, value } of like)
    await to
      .updateTable('stored_values')
      .set({ value: restored(value) })
      .where('name', '=', name)
      .execute()
}

function remove(path: string): void {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true })
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
