import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runTool } from '../images/tool.ts'
import { MachineError } from './errors.ts'

/**
 * What a guest is told at its first boot, as cloud-init's NoCloud data source takes it: files of a disk
 * labelled CIDATA. It may hold secrets (a password's hash): nobody but QEMU's account and the guest reads it.
 */
export interface Seed {
  /** `user-data`: cloud-config or a script. */
  readonly userData: Uint8Array
  /** `meta-data`: YAML; another `instance-id` makes the guest take it for its first boot again. */
  readonly metaData: Uint8Array
  /** `network-config`; by default the guest asks by DHCP. */
  readonly networkConfig?: Uint8Array
}

/** Each file of a seed holds at most so many bytes: Azure's limit of custom data, in clear. */
export const SEED_FILE_BYTES_MAX = 65_536

/** @throws {MachineError} `machine-bad-spec` */
export function checkSeed(seed: Seed): void {
  for (const [name, bytes] of filesOf(seed))
    if (bytes.length > SEED_FILE_BYTES_MAX)
      throw new MachineError('machine-bad-spec', `seed: ${name} over ${SEED_FILE_BYTES_MAX} bytes`)
}

/** Writes the disk, 0600: a FAT volume of 1440 KiB without partitions. @throws {ImageError} */
export async function writeSeed(disk: string, seed: Seed): Promise<void> {
  const folder = await mkdtemp(join(dirname(disk), '.seed-'))
  try {
    await writeFile(disk, '', { mode: 0o600 })
    await runTool('mformat', ['-i', disk, '-C', '-f', '1440', '-v', 'CIDATA', '::'])
    for (const [name, bytes] of filesOf(seed)) {
      await writeFile(join(folder, name), bytes, { mode: 0o600 })
      await runTool('mcopy', ['-i', disk, join(folder, name), `::${name}`])
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function filesOf({ userData, metaData, networkConfig }: Seed): [name: string, bytes: Uint8Array][] {
  return [
    ['user-data', userData],
    ['meta-data', metaData],
    ...(networkConfig === undefined ? [] : [['network-config', networkConfig] as const]),
  ] as [string, Uint8Array][]
}
