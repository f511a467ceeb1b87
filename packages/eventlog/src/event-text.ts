import { fromUtf16le, MalformedError, toLatin1, withoutNuls } from '@trusted-launch/codec'
import type { EventData, IplWriter } from './event-data.ts'

/** EV_ACTION, EV_EFI_ACTION. @throws {MalformedError} control characters. */
export function action(bytes: Uint8Array): EventData {
  return { kind: 'action', text: textOf(bytes) }
}

/** EV_S_CRTM_VERSION: UTF-16, or bytes as they are. */
export function crtmVersion(bytes: Uint8Array): EventData {
  const text = bytes.length % 2 === 0 ? withoutNuls(fromUtf16le(bytes)) : toLatin1(bytes)
  return { kind: 'crtm-version', text }
}

/** What GRUB writes before what it measures; RHEL 8 and its kin write it without the colon. */
const grubPrefixes: readonly [string, IplWriter][] = [
  ['grub_cmd: ', 'grub_cmd'],
  ['grub_cmd ', 'grub_cmd'],
  ['kernel_cmdline: ', 'kernel_cmdline'],
  ['grub_kernel_cmdline ', 'kernel_cmdline'],
  ['module_cmdline: ', 'module_cmdline'],
  ['grub_module_cmdline ', 'module_cmdline'],
]

/** EV_IPL, by who wrote it. @throws {MalformedError} control characters. */
export function ipl(bytes: Uint8Array): EventData {
  const wide = wideText(bytes)
  if (wide !== null) return { kind: 'ipl', by: 'utf16', prefix: '', text: wide }
  const whole = toLatin1(bytes)
  for (const [prefix, by] of grubPrefixes)
    if (whole.startsWith(prefix)) {
      const end = whole.endsWith('\0') ? whole.length - 1 : whole.length
      return { kind: 'ipl', by, prefix, text: whole.slice(prefix.length, end) }
    }
  return { kind: 'ipl', by: 'text', prefix: '', text: textOf(bytes) }
}

/** Text with at most one NUL at its end. @throws {MalformedError} control characters. */
function textOf(bytes: Uint8Array): string {
  const text = printable(bytes)
  if (text === null) throw new MalformedError('', 0, 'not printable text')
  return text
}

/** Printable characters without the NULs at their end, null for anything else. */
export function printable(bytes: Uint8Array): string | null {
  const text = withoutNuls(toLatin1(bytes))
  return /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text) ? text : null
}

/**
 * UTF-16 text of Latin letters, as systemd's loader and stub measure it, without the NULs at its end; its last
 * byte may be missing. Null for anything else, and for less than two letters.
 */
export function wideText(bytes: Uint8Array): string | null {
  if (bytes.length < 4 || bytes[0] === 0) return null
  for (let i = 1; i < bytes.length; i += 2) if (bytes[i] !== 0) return null
  return withoutNuls(toLatin1(bytes.filter((_, i) => i % 2 === 0)))
}
