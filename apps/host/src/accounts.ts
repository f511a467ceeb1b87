import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HostError } from './errors.ts'
import type { Account } from './process.ts'

/** The accounts of one VM: its QEMU's and its swtpm's. Never the same, never another VM's of its state directory. */
export interface Accounts {
  readonly qemu: Account
  readonly swtpm: Account
}

/**
 * uids and gids from here on are ours. Each state directory has one of the blocks, by the hash of its path: most
 * likely its own, but nothing claims it (SECURITY.md).
 */
const FIRST = 600_000
const BLOCKS = 4_096
/** Two for each VM. */
const BLOCK = 4_096

/**
 * Accounts no VM of this state directory has: uids without a name, a password or a home. As a plain user
 * there is nothing to give: both are null, and no boundary stands between QEMU and the vTPM.
 */
export function allocateAccounts(stateDirectory: string, taken: readonly Accounts[]): Accounts {
  if (process.getuid?.() !== 0) return { qemu: null, swtpm: null }
  const used = new Set(taken.map(({ qemu }) => qemu?.uid))
  const first = firstOf(stateDirectory)
  for (let uid = first; uid < first + BLOCK; uid += 2)
    if (!used.has(uid)) return { qemu: of(uid), swtpm: of(uid + 1) }
  throw new HostError('accounts-exhausted', `more than ${BLOCK / 2} VMs in one state directory`)
}

/** Whose a VM's files are: what is known of its accounts without its record. */
export function accountsOf(folder: string): Accounts {
  const owner = (name: string): Account => {
    const facts = lstatSync(join(folder, name), { throwIfNoEntry: false })
    return facts === undefined || facts.uid === 0 ? null : of(facts.uid)
  }
  return { qemu: owner('machine'), swtpm: owner('vtpm') }
}

/** The uids of a state directory's VMs, both ends included. */
export function blockOf(stateDirectory: string): { first: number; last: number } {
  const first = firstOf(stateDirectory)
  return { first, last: first + BLOCK - 1 }
}

function firstOf(stateDirectory: string): number {
  return FIRST + BLOCK * blockNumberOf(stateDirectory)
}

/** Which of the blocks a state directory has: 0 to 4095. */
export function blockNumberOf(stateDirectory: string): number {
  return createHash('sha256').update(resolve(stateDirectory)).digest().readUInt32BE() % BLOCKS
}

function of(id: number): Account {
  return { uid: id, gid: id }
}
