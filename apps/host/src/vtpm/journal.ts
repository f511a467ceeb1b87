import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex, fromUtf8, toHex, toUtf8 } from '@trusted-launch/codec'
import { readDurably, syncFolder, writeDurably } from '../state-directory.ts'
import type { IndexStep, VtpmIdentity } from '../vtpm-port.ts'
import { VtpmError } from './errors.ts'
import { continues, UNANSWERED_MAX } from './rollback-index.ts'

/** What the host remembers of a vTPM. */
export interface JournalEntry {
  /** `stopped`: `sha256` is the state's. `running`: it was, before QEMU began to run on it. */
  readonly state: 'stopped' | 'running'
  readonly sha256: string
  /** The TPM's count of starts, when we last saw it. */
  readonly resetCount: number
  /** Values of the rollback index that states of this session hold, oldest first. */
  readonly values: readonly Uint8Array[]
  /** Nonces of this session that were sent to be extended and are not answered, oldest first. */
  readonly pending: readonly Uint8Array[]
  /** The index before and after each of the last starts, and what was put back, oldest first. */
  readonly starts: readonly IndexStep[]
  /** How often the count of starts began anew: it was cleared, another one, or put back. */
  readonly counting: number
  readonly identity: VtpmIdentity
  /** EK names of former generations: a state of theirs is an old one, not a foreign one. */
  readonly former: readonly Uint8Array[]
}

const VALUES_MAX = 64
const STARTS_MAX = 64
const FORMER_MAX = 16
const ENTRY_BYTES_MAX = 64 << 10

/**
 * One file a VM, 0600, in a folder outside of the VMs' folders: who puts back an older VM folder does not
 * put back this. Every change is on the disk before it counts.
 */
export class Journal {
  readonly #folder: string
  readonly #turns = new Map<string, Promise<unknown>>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(folder: string): Promise<Journal> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    return new Journal(folder)
  }

  /** The VMs that have an entry, damaged ones too. */
  async vms(): Promise<string[]> {
    const names = await readdir(this.#folder)
    return names.flatMap((name) => /^([^.].*)\.json$/.exec(name)?.[1] ?? [])
  }

  /** @throws {VtpmError} `vtpm-journal-damaged` */
  async find(vm: string): Promise<JournalEntry | null> {
    const bytes = await readDurably(this.#path(vm), ENTRY_BYTES_MAX)
    if (bytes === null) return null
    try {
      return parse(fromUtf8(bytes), vm)
    } catch (cause) {
      throw new VtpmError('vtpm-journal-damaged', vm, 'its journal cannot be read', { cause })
    }
  }

  /** @throws {VtpmError} `vtpm-journal-missing`, `vtpm-journal-damaged` */
  async get(vm: string): Promise<JournalEntry> {
    const entry = await this.find(vm)
    if (entry === null) throw new VtpmError('vtpm-journal-missing', vm, 'there is no journal of it')
    return entry
  }

  write(vm: string, entry: JournalEntry): Promise<void> {
    return this.#next(vm, () => this.#put(vm, entry))
  }

  /** Both are gone, as they should: the state's hash is what the next start is held to. */
  recordStop(vm: string, sha256: string): Promise<void> {
    return this.#change(vm, (entry) => ({ ...entry, state: 'stopped', sha256 }))
  }

  /**
   * Before a nonce is sent to be extended: the index may continue by it from now on.
   * @throws {VtpmError} `vtpm-unanswered`: one more, and an honest state could not be told after a crash.
   */
  recordIssued(vm: string, nonce: Uint8Array): Promise<void> {
    return this.#change(vm, (entry) => {
      if (entry.pending.length < UNANSWERED_MAX)
        return { ...entry, pending: [...entry.pending, nonce] }
      const message = `${UNANSWERED_MAX} nonces of this session are unanswered: start it anew`
      throw new VtpmError('vtpm-unanswered', vm, message)
    })
  }

  /**
   * A certified value of the index, extended by `nonce`. False when it does not continue the journal: the
   * vTPM was set back while it ran, or the guest extended the index on its own.
   */
  async recordAttested(vm: string, nonce: Uint8Array, value: Uint8Array): Promise<boolean> {
    let continued = false
    await this.#change(vm, (entry) => {
      const at = entry.pending.findIndex((each) => toHex(each) === toHex(nonce))
      const last = entry.values.at(-1)!
      continued = at >= 0 && continues(last, entry.pending.slice(0, at + 1), value)
      if (!continued) return entry
      return { ...entry, values: [...entry.values, value], pending: entry.pending.slice(at + 1) }
    })
    return continued
  }

  forget(vm: string): Promise<void> {
    return this.#next(vm, async () => {
      await rm(this.#path(vm), { force: true })
      await syncFolder(this.#folder)
    })
  }

  #change(vm: string, change: (entry: JournalEntry) => JournalEntry): Promise<void> {
    return this.#next(vm, async () => this.#put(vm, change(await this.get(vm))))
  }

  #put(vm: string, entry: JournalEntry): Promise<void> {
    return writeDurably(this.#path(vm), toUtf8(format(bounded(entry))), 0o600)
  }

  /** Whatever is done to a VM's entry, one after the other. */
  #next(vm: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(vm) ?? Promise.resolve()).then(work)
    const settled = turn.catch(() => {})
    this.#turns.set(vm, settled)
    void settled.then(() => {
      if (this.#turns.get(vm) === settled) this.#turns.delete(vm)
    })
    return turn
  }

  #path(vm: string): string {
    return join(this.#folder, `${vm}.json`)
  }
}

/** The first value of a session is kept, so that a state from its beginning is known for what it is. */
function bounded(entry: JournalEntry): JournalEntry {
  const { values, former, starts } = entry
  const kept = values.length > VALUES_MAX ? [values[0]!, ...values.slice(1 - VALUES_MAX)] : values
  return {
    ...entry,
    values: kept,
    former: former.slice(-FORMER_MAX),
    starts: starts.slice(-STARTS_MAX),
  }
}

function startsIn({ starts }: JournalEntry): Uint8Array[] {
  return starts.flatMap(({ before, after }) => [before, after])
}

/** Bytes as hexadecimal text. */
function format(entry: JournalEntry): string {
  function text(this: any, key: string, value: unknown) {
    // The holder's own value: a Buffer has been turned into something else by now.
    return this[key] instanceof Uint8Array ? { hex: toHex(this[key]) } : value
  }
  return `${JSON.stringify({ version: 1, ...entry }, text)}\n`
}

function parse(text: string, vm: string): JournalEntry {
  const { version, ...found } = JSON.parse(text, (_, value) =>
    typeof value?.hex === 'string' ? fromHex(value.hex) : value,
  )
  // Of an older program: it wrote no starts down.
  const entry = { starts: [], counting: 0, ...found }
  const sound =
    version === 1 &&
    (entry.state === 'stopped' || entry.state === 'running') &&
    /^[0-9a-f]{64}$/.test(entry.sha256) &&
    Number.isInteger(entry.resetCount) &&
    entry.values.length > 0 &&
    [...entry.values, ...entry.pending, ...entry.former, ...startsIn(entry)].every(
      (e) => e instanceof Uint8Array,
    ) &&
    Number.isInteger(entry.counting) &&
    entry.identity.vm === vm &&
    Number.isInteger(entry.identity.generation)
  if (!sound) throw new Error('not a journal entry of this VM')
  return entry
}
