import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromLatin1 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { buildEventLog, EV, encodeEventLog, type NewEvent } from '@trusted-launch/eventlog'
import picocolors from 'picocolors'
import { run } from '../src/program.ts'

/** What a run of `tl` printed and ended with. */
export interface Ran {
  code: number
  out: string
  err: string
}

/** Runs `tl` in this process, without colours. */
export async function tl(...args: string[]): Promise<Ran> {
  return tlOf({ width: Number.POSITIVE_INFINITY }, ...args)
}

/** The same on a terminal of this width. */
export async function tlOf({ width }: { width: number }, ...args: string[]): Promise<Ran> {
  const ran = { code: -1, out: '', err: '' }
  ran.code = await run(args, {
    out: (text) => {
      ran.out += text
    },
    err: (text) => {
      ran.err += text
    },
    colors: picocolors.createColors(false),
    width,
  })
  return ran
}

/** A new folder, gone when the tests of this file are done. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tl-test-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

let files = ''
let count = 0

/** A file that holds `content`, in a folder of its own; gone when the tests of this file are done. */
export function fileOf(name: string, content: string | Uint8Array): string {
  if (files === '') files = newFolder()
  const folder = join(files, `${count++}`)
  mkdirSync(folder)
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const banks: readonly HashName[] = ['sha256', 'sha384']

function event(pcrIndex: number, eventType: number, data: Uint8Array, measured = data): NewEvent {
  return {
    pcrIndex,
    eventType,
    data,
    digests: new Map(banks.map((bank) => [bank, digest(bank, measured)])),
  }
}

/** A small boot's events; `edit` may change them. */
export function smallLog(
  edit: (events: NewEvent[]) => NewEvent[] = (events) => events,
): Uint8Array {
  const events = [
    event(0, EV.S_CRTM_VERSION, new Uint8Array(2)),
    ...[7, 0, 4].map((pcrIndex) => event(pcrIndex, EV.SEPARATOR, new Uint8Array(4))),
    event(4, EV.EFI_ACTION, fromLatin1('Calling EFI Application from Boot Option')),
    event(8, EV.IPL, fromLatin1('kernel_cmdline: /vmlinuz quiet\0'), fromLatin1('/vmlinuz quiet')),
    event(9, EV.IPL, fromLatin1('/initrd\0'), fromLatin1('the initrd')),
  ]
  return encodeEventLog(buildEventLog(banks, edit(events)))
}

/** For `t.assert.fileSnapshot`: the text as it is, so that a review reads the difference. */
export const asText = { serializers: [String] }

/** The path of a golden text. */
export const golden = (name: string): string => join(import.meta.dirname, 'golden', `${name}.txt`)
