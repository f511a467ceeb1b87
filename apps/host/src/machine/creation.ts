import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Accounts } from '../accounts.ts'
import { HostError } from '../errors.ts'
import { type Firmware, makeVariableStore, takeVariableStore } from '../firmware.ts'
import { checkNetwork } from '../network.ts'
import type { CapturedVtpm, VtpmKeeper, VtpmPlace } from '../vtpm-port.ts'
import { checkDataDisks, lendDisks, takeBackDisks } from './disks.ts'
import { MachineError } from './errors.ts'
import { MachineFolder } from './folder.ts'
import { killStrays } from './qemu-process.ts'
import {
  beginRecord,
  type MachineRecord,
  type MachineSpec,
  recordedSpec,
  writeRecord,
} from './record.ts'
import { checkSeed } from './seed.ts'

/**
 * Makes a VM's folder: disk, variable store, vTPM; its record last, so a half-made VM is none.
 * On failure nothing of it stays.
 */
export async function createMachine(
  host: { firmware: Firmware; vtpm: VtpmKeeper },
  path: string,
  spec: MachineSpec,
  accounts: Accounts,
): Promise<MachineRecord> {
  checkSpec(spec)
  const { dataDisks = null } = spec
  await mkdir(path, { mode: 0o700 }).catch((e: NodeJS.ErrnoException) => {
    if (e.code !== 'EEXIST') throw e
    throw new MachineError('machine-exists', `there is a VM ${spec.id}`, { cause: e })
  })
  const folder = new MachineFolder(path, accounts.qemu)
  try {
    await beginRecord(path)
    const variables = await variablesOf(host.firmware, spec)
    const [identity] = await allDone([
      provisioned(host.vtpm, vtpmPlace(spec, path, accounts), spec.vtpmOf ?? null),
      folder.fill(spec.disk.path, variables, spec.seed ?? null),
    ])
    await lendDisks(folder, dataDisks)
    const record: MachineRecord = {
      version: 1,
      spec: recordedSpec(spec),
      uuid: randomUUID(),
      accounts,
      identity,
      kept: null,
      wanted: false,
      run: null,
      isolated: false,
      lastEnd: 'never',
    }
    await writeRecord(path, record)
    return record
  } catch (e) {
    const isOthers = e instanceof HostError && e.code === 'vtpm-exists'
    // What cannot be removed is no VM, and goes when the next manager opens: `e` says why there is none.
    await takeBackDisks(folder, dataDisks).catch(() => {})
    await removeRemains(isOthers ? null : host.vtpm, path).catch(() => {})
    throw e
  }
}

function variablesOf(firmware: Firmware, spec: MachineSpec): Promise<Uint8Array> {
  const { variables = null, signatures, secureBoot, machineOwnerKeys } = spec
  return variables === null
    ? makeVariableStore(firmware, signatures, secureBoot, machineOwnerKeys)
    : takeVariableStore(firmware, variables, secureBoot)
}

/** What is left of a VM that is none: its processes, what its vTPM's keeper remembers, and its folder. */
export async function removeRemains(
  vtpm: Pick<VtpmKeeper, 'forget'> | null,
  path: string,
): Promise<void> {
  await killStrays(path)
  await vtpm?.forget(basename(path))
  await new MachineFolder(path, null).remove()
}

/** As `Promise.all`, but a failure is told only once none of the others works on. */
async function allDone<T extends readonly Promise<unknown>[]>(works: [...T]) {
  await Promise.allSettled(works)
  return Promise.all(works)
}

async function provisioned(
  vtpm: VtpmKeeper,
  place: VtpmPlace | null,
  captured: CapturedVtpm | null,
) {
  if (place === null) return null
  return captured === null ? vtpm.provision(place) : vtpm.copy(place, captured)
}

/** Where a VM's vTPM lives; null: it has none. */
export function vtpmPlace(
  { id, vtpm }: Pick<MachineSpec, 'id' | 'vtpm'>,
  folder: string,
  { qemu, swtpm }: Accounts,
): VtpmPlace | null {
  return vtpm === null ? null : { vm: id, folder, account: swtpm, qemu, banks: vtpm.banks }
}

function checkSpec(spec: MachineSpec): void {
  const { memoryMiB, vcpus, vtpm, network, seed, dataDisks } = spec
  checkFirmware(spec)
  checkShape({ memoryMiB, vcpus })
  if (network) checkNetwork(network)
  if (seed) checkSeed(seed)
  if (dataDisks) checkDataDisks(dataDisks)
  if (vtpm !== null) checkBanks(vtpm.banks)
}

/** A BIOS measures nothing and enforces nothing. @throws {MachineError} `machine-bad-spec` */
export function checkFirmware({
  firmware,
  secureBoot,
  vtpm,
}: Pick<MachineSpec, 'firmware' | 'secureBoot' | 'vtpm'>): void {
  if (firmware === 'bios' && (secureBoot || vtpm !== null))
    throw new MachineError('machine-bad-spec', 'firmware: a BIOS with Secure Boot or a TPM')
}

/** What a VM is given of its host's processors and memory. */
export type Shape = Pick<MachineSpec, 'memoryMiB' | 'vcpus'>

/** @throws {MachineError} `machine-bad-spec` */
export function checkShape({ memoryMiB, vcpus }: Shape): void {
  const within = (value: number, min: number, max: number) =>
    Number.isInteger(value) && value >= min && value <= max
  if (!within(memoryMiB, 256, 1 << 20)) throw new MachineError('machine-bad-spec', 'memoryMiB')
  if (!within(vcpus, 1, 64)) throw new MachineError('machine-bad-spec', 'vcpus')
}

/** @throws {MachineError} `machine-bad-spec` */
export function checkBanks(banks: readonly string[]): void {
  if (!banks.includes('sha256')) throw new MachineError('machine-bad-spec', 'banks')
}
