import { setTimeout as sleep } from 'node:timers/promises'
import type { QmpClient } from '../qmp/client.ts'
import { QmpError } from '../qmp/errors.ts'
import { MachineError } from './errors.ts'

const POLL_MS = 200
/** So long a job that was cancelled may take to be over. */
const CANCEL_MS = 30_000
const PREFIX = 'backup-'

/** What the file of the `nth` copy is called in QEMU's folder, and QEMU's name of it and of the job. */
export function backupName(nth: number): string {
  return `${PREFIX}${nth}`
}

/** Copies of the disks of a VM that runs, as they are at one moment, while it runs on. */
export class RunningBackup {
  readonly #monitor: () => QmpClient

  /** @param monitor the one to ask at that moment. */
  constructor(monitor: () => QmpClient) {
    this.#monitor = monitor
  }

  /** Gives up what a manager left that died; nothing when there is none. @throws {QmpError} */
  async clear(): Promise<void> {
    const jobs = await this.#jobs()
    for (const { id, status } of jobs)
      if (status !== 'concluded')
        await this.#monitor().execute('job-cancel', { id }).catch(ignoreGone)
    const until = performance.now() + CANCEL_MS
    for (;;) {
      const left = await this.#jobs()
      for (const { id, status } of left)
        if (status === 'concluded')
          await this.#monitor().execute('job-dismiss', { id }).catch(ignoreGone)
      if (left.every(({ status }) => status === 'concluded')) break
      if (performance.now() > until)
        throw new MachineError('machine-disk-failed', 'a former copy of its disks does not end')
      await sleep(POLL_MS)
    }
    const nodes = await this.#monitor().execute('query-named-block-nodes', { flat: true })
    for (const { name } of nodes)
      if (name.startsWith(PREFIX))
        await this.#monitor().execute('blockdev-del', { 'node-name': name })
  }

  /**
   * Begins to copy these nodes, all as they are now, into the files that were lent to QEMU.
   * @throws {QmpError} none was begun.
   */
  async begin(nodes: readonly string[]): Promise<void> {
    for (const nth of nodes.keys()) {
      const name = backupName(nth)
      const file = { driver: 'file', filename: name }
      await this.#monitor().execute('blockdev-add', {
        ...{ driver: 'qcow2', 'node-name': name },
        ...{ file, backing: null },
      })
    }
    const actions = nodes.map((device, nth) => ({
      type: 'blockdev-backup',
      data: {
        ...{ 'job-id': backupName(nth), device, target: backupName(nth) },
        ...{ sync: 'full', 'auto-dismiss': false },
      },
    }))
    await this.#monitor().execute('transaction', { actions })
  }

  /** Waits until all is copied. @throws {MachineError} `machine-disk-failed` @throws {QmpError} the VM ended. */
  async done(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const jobs = await this.#jobs()
      const failed = jobs.find(({ error }) => error !== null)
      if (failed !== undefined) throw new MachineError('machine-disk-failed', failed.error!)
      if (jobs.every(({ status }) => status === 'concluded')) return
      await sleep(POLL_MS)
    }
  }

  async #jobs() {
    const jobs = await this.#monitor().execute('query-jobs', {})
    return jobs.filter(({ id }) => id.startsWith(PREFIX))
  }
}

/** It was over already. */
function ignoreGone(e: unknown): void {
  if (!(e instanceof QmpError && e.code === 'qmp-refused')) throw e
}
