import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DebianFiles } from './debian-files.ts'
import { type ArchiveEntry, encodeNewc } from './newc.ts'
import { EPOCH_SECONDS } from './tool.ts'

const guest = new URL('../../guests/small/', import.meta.url).pathname

const folders = [
  ...['bin', 'dev', 'esp', 'etc', 'etc/hooks', 'lib', 'lib/modules', 'proc', 'root', 'run', 'sys'],
  'tmp',
]

/** What goes into a guest beyond the pristine one: for tests. */
export interface GuestExtras {
  /** Files of the initial RAM file system by path; replaces what is there under the same path. */
  readonly extra?: Readonly<Record<string, Uint8Array>>
  /** Programs run at boot after the userspace line, in this order, before the agent. */
  readonly hooks?: readonly Uint8Array[]
}

/** The initial RAM file system of the small guest: busybox, modules, the agent. Not compressed. */
export function smallInitrd(
  debian: DebianFiles,
  agent: Uint8Array,
  { extra = {}, hooks = [] }: GuestExtras = {},
): Uint8Array {
  const modules = readFileSync(join(guest, 'modules'), 'utf8').trim().split('\n')
  const files: Record<string, Uint8Array> = {
    'bin/busybox': debian.busybox,
    'bin/trusted-launch-agent': agent,
    'etc/boot': readFileSync(join(guest, 'boot')),
    'etc/inittab': readFileSync(join(guest, 'inittab')),
    'etc/modules': readFileSync(join(guest, 'modules')),
    'etc/power-button': readFileSync(join(guest, 'power-button')),
  }
  for (const name of modules) files[`lib/modules/${name}.ko`] = debian.module(name)
  for (const [i, hook] of hooks.entries()) files[`etc/hooks/${String(i).padStart(2, '0')}`] = hook
  Object.assign(files, extra)
  const entries: ArchiveEntry[] = [
    ...[...new Set([...folders, ...parentsOf(Object.keys(files))])]
      .sort()
      .map((path) => ({ path, kind: 'directory' as const })),
    { path: 'dev/console', kind: 'device', major: 5, minor: 1 },
    { path: 'init', kind: 'link', target: 'bin/busybox' },
    ...Object.keys(files)
      .sort()
      .map((path) => ({ path, kind: 'file' as const, bytes: files[path]!, executable: true })),
  ]
  return encodeNewc(entries, EPOCH_SECONDS)
}

function parentsOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1)
    return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
  })
}
