import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { fromBase64url, toBase64url } from '@trusted-launch/crypto'
import { HostError } from './errors.ts'
import type { Consistency } from './machine/copies.ts'
import type { Machine } from './machine/machine.ts'
import { type SealFor, sealBytes, sealFile, unsealBytes, unsealFile } from './sealed-file.ts'
import { syncFolder } from './state-directory.ts'
import type { CapturedVtpm, SealedFile, VtpmKeeper } from './vtpm-port.ts'

/** There is no such restore point, or what is there cannot be used. */
export class RestorePointError extends HostError<
  'restore-point-missing' | 'restore-point-bad-id'
> {}

/** What a restore point tells of itself. */
export interface RestorePointFacts {
  readonly id: string
  /** The VM it is of. */
  readonly vm: string
  readonly consistency: Consistency
  /** Its disks; null: the VM's own. */
  readonly luns: readonly (number | null)[]
  readonly guest: 'linux' | 'windows'
  /** Which vTPM it has; null: none. */
  readonly generation: number | null
}

/** A VM as it was at one moment, opened. */
export interface RestorePoint extends RestorePointFacts {
  /** OVMF's variable store. */
  readonly variables: Uint8Array
  readonly vtpm: CapturedVtpm | null
  /** A disk as a qcow2 file. @throws {SealedFileError} @throws {MachineError} it has no such disk. */
  writeDisk(lun: number | null, to: string, signal?: AbortSignal): Promise<void>
}

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/
const PART = '.part-'
/** What `blocks` of stat(2) counts in. */
const BLOCK_BYTES = 512
const FACTS = 'facts'
const VARIABLES = 'variables'
const VTPM = 'vtpm'
const FACTS_MAX = 1 << 16
const VARIABLES_MAX = 16 << 20
/** A state of at most 256 KiB, as text. */
const VTPM_MAX = 1 << 20

/**
 * The restore points of a host's VMs, in `points/` of its state directory: `ID/` holds disks, variable store and
 * vTPM, each sealed with a key of the point's own; `ID.key` that key, wrapped by the key-encryption key. They outlive
 * their VMs.
 */
export class RestorePoints {
  readonly #folder: string
  readonly #keeper: Pick<VtpmKeeper, 'makeKey' | 'openKey'>

  private constructor(folder: string, keeper: Pick<VtpmKeeper, 'makeKey' | 'openKey'>) {
    this.#folder = folder
    this.#keeper = keeper
  }

  /** What a killed manager left unfinished goes. */
  static async open(
    stateDirectory: string,
    keeper: Pick<VtpmKeeper, 'makeKey' | 'openKey'>,
  ): Promise<RestorePoints> {
    const folder = join(stateDirectory, 'points')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const points = new RestorePoints(folder, keeper)
    const names = await readdir(folder)
    for (const name of names) {
      const isKeyOfNone = name.endsWith('.key') && !names.includes(name.slice(0, -'.key'.length))
      if (name.startsWith(PART) || name.endsWith('.tmp') || isKeyOfNone)
        await rm(join(folder, name), { recursive: true, force: true })
    }
    return points
  }

  async ids(): Promise<readonly string[]> {
    return (await readdir(this.#folder)).filter((name) => ID.test(name))
  }

  /** What one takes, and when anything of it was last changed (`st_ctime`, milliseconds since 1970); nothing, and 0: there is none. */
  async factsOf(id: string): Promise<{ readonly bytes: number; readonly changedAt: number }> {
    this.#require(id)
    const folder = join(this.#folder, id)
    const files = (await readdir(folder).catch(() => [])).map((name) => join(folder, name))
    const all = await Promise.all([folder, ...files].map((file) => stat(file).catch(() => null)))
    return {
      bytes: all.reduce((sum, facts) => sum + (facts?.blocks ?? 0) * BLOCK_BYTES, 0),
      changedAt: Math.max(0, ...all.map((facts) => facts?.ctimeMs ?? 0)),
    }
  }

  /** The wrapped keys, finished points' or not: no rotation may lose one. */
  async sealedFiles(): Promise<SealedFile[]> {
    const names = await readdir(this.#folder)
    return names.flatMap((name) => {
      const id = /^(.*)\.key$/.exec(name)?.[1]
      return id === undefined || !ID.test(id) ? [] : [this.#keyFile(id)]
    })
  }

  /**
   * Keeps a VM as it is at one moment: these disks, its variable store and its vTPM. A VM that runs goes on. Nothing
   * happens when it is there already.
   * @throws {RestorePointError} `restore-point-bad-id` @throws as `MachineCopies.takeMoment`
   */
  async take(
    id: string,
    machine: Machine,
    luns: readonly (number | null)[],
    signal: AbortSignal,
  ): Promise<RestorePointFacts> {
    this.#require(id)
    if ((await this.ids()).includes(id)) return (await this.get(id)).facts
    const part = join(this.#folder, `${PART}${id}`)
    await rm(part, { recursive: true, force: true })
    await mkdir(part, { mode: 0o700 })
    try {
      const key = await this.#keeper.makeKey(this.#keyFile(id))
      const plain = (lun: number | null) => join(part, `${nameOf(lun)}.plain`)
      const copies = luns.map((lun) => ({ lun, to: plain(lun) }))
      const moment = await machine.copies.takeMoment(copies, join(part, 'work'), signal)
      for (const lun of luns) {
        await sealFile(plain(lun), join(part, nameOf(lun)), sealFor(key, id, nameOf(lun)), signal)
        await rm(plain(lun))
      }
      const { consistency, variables, vtpm } = moment
      const generation = vtpm?.identity.generation ?? null
      const { guest } = machine.spec
      const facts = { id, vm: machine.id, consistency, luns, guest, generation }
      const bytes: Record<string, Uint8Array> = {
        [VARIABLES]: variables,
        [VTPM]: json(vtpm),
        [FACTS]: json(facts),
      }
      for (const [name, each] of Object.entries(bytes))
        await sealBytes(each, join(part, name), sealFor(key, id, name))
      await syncFolder(part)
      await rename(part, join(this.#folder, id))
      await syncFolder(this.#folder)
      return facts
    } catch (e) {
      await rm(part, { recursive: true, force: true })
      await rm(this.#keyFile(id).path, { force: true })
      throw e
    }
  }

  /** @throws {RestorePointError} `restore-point-missing` @throws {VtpmError} its key @throws {SealedFileError} */
  async get(id: string): Promise<{ facts: RestorePointFacts; open(): Promise<RestorePoint> }> {
    this.#require(id)
    const folder = join(this.#folder, id)
    if ((await stat(folder).catch(() => null)) === null)
      throw new RestorePointError('restore-point-missing', `there is no restore point ${id}`)
    const key = await this.#keeper.openKey(this.#keyFile(id))
    const read = (name: string, max: number) =>
      unsealBytes(join(folder, name), max, sealFor(key, id, name))
    const facts: RestorePointFacts = parse(await read(FACTS, FACTS_MAX))
    return {
      facts,
      open: async () => ({
        ...facts,
        variables: await read(VARIABLES, VARIABLES_MAX),
        vtpm: parse(await read(VTPM, VTPM_MAX)),
        writeDisk: (lun, to, signal) => {
          if (!facts.luns.includes(lun))
            throw new RestorePointError(
              'restore-point-missing',
              `restore point ${id} has no disk ${nameOf(lun)}`,
            )
          const name = nameOf(lun)
          return unsealFile(join(folder, name), to, sealFor(key, id, name), signal)
        },
      }),
    }
  }

  /** Nothing happens when it is gone. */
  async remove(id: string): Promise<void> {
    this.#require(id)
    const going = join(this.#folder, `${PART}${id}`)
    await rm(going, { recursive: true, force: true })
    await rename(join(this.#folder, id), going).catch((e: NodeJS.ErrnoException) => {
      if (e.code !== 'ENOENT') throw e
    })
    await rm(this.#keyFile(id).path, { force: true })
    await rm(going, { recursive: true, force: true })
    await syncFolder(this.#folder)
  }

  #keyFile(id: string): SealedFile {
    return { vm: `restore point ${id}`, path: join(this.#folder, `${id}.key`) }
  }

  #require(id: string): void {
    if (!ID.test(id))
      throw new RestorePointError('restore-point-bad-id', 'no name of a restore point')
  }
}

function nameOf(lun: number | null): string {
  return lun === null ? 'disk' : `data-${lun}`
}

function sealFor(key: Uint8Array, id: string, name: string): SealFor {
  return { key, name: `restore point ${id}/${name}` }
}

const BYTES = 'base64url:'

function json(value: unknown): Uint8Array {
  function text(this: any, name: string, each: unknown) {
    // The holder's own value: a Buffer has been turned into something else by now.
    return this[name] instanceof Uint8Array ? BYTES + toBase64url(this[name]) : each
  }
  return toUtf8(JSON.stringify(value, text))
}

function parse(bytes: Uint8Array): any {
  return JSON.parse(fromUtf8(bytes), (_, each) =>
    typeof each === 'string' && each.startsWith(BYTES)
      ? fromBase64url(each.slice(BYTES.length))
      : each,
  )
}
