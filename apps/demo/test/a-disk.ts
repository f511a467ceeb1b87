import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fromHex } from '@trusted-launch/codec'
import { EFI_SYSTEM_PARTITION, encodePartitionTable, SECTOR_BYTES } from '@trusted-launch/disk'

const sectors = 8192
const firstSector = 2048
const espSectors = sectors - 2 * firstSector

/** A folder of the test's own, gone with it. */
export function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'demo-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A disk of 4 MiB with an EFI system partition of 2 MiB, which holds EFI/debian/grub.cfg. */
export function aDisk(folder: string, configuration: string): string {
  const disk = join(folder, 'disk.raw')
  const guid = fromHex('6b0c5d1f2a7e4c43a4d39c1be0f7d611')
  const esp = {
    partitionTypeGUID: EFI_SYSTEM_PARTITION,
    uniquePartitionGUID: guid,
    name: 'ESP',
    startingLBA: firstSector,
    sectors: espSectors,
  }
  const table = encodePartitionTable({ sectors, diskGUID: guid, partitions: [esp] })
  const bytes = Buffer.alloc(sectors * SECTOR_BYTES)
  bytes.set(table.primary, 0)
  bytes.set(table.alternate, table.alternateOffset)
  writeFileSync(disk, bytes)
  const at = ['-i', `${disk}@@${firstSector * SECTOR_BYTES}`]
  const geometry = ['-h', '64', '-s', '32', '-T', `${espSectors}`]
  execFileSync('mformat', [...at, ...geometry, '::'])
  execFileSync('mmd', [...at, '::EFI', '::EFI/debian'])
  const source = join(folder, 'grub.cfg')
  writeFileSync(source, configuration)
  execFileSync('mcopy', [...at, source, '::EFI/debian/grub.cfg'])
  return disk
}
